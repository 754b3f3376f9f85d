import type { DecoderConfig } from "../decoder.ts";
import { InvalidModelError, UnsupportedModelError } from "../errors.ts";
import { describe, excerpt, type JsonObject } from "../json.ts";
import type { Family } from "./family.ts";
import { Fields } from "./fields.ts";
import { gemma, gemma2, gemma3 } from "./gemma.ts";
import { ggufNames } from "./gguf-names.ts";
import { gpt2, gptNeox, starcoder2 } from "./gpt.ts";
import { granite } from "./granite.ts";
import { llama, mistral } from "./llama.ts";
import { phi3 } from "./phi3.ts";
import { qwen2 } from "./qwen2.ts";
import { qwen3Moe } from "./qwen3-moe.ts";
import { qwen3 } from "./qwen3.ts";
import { smollm3 } from "./smollm3.ts";

export { type Family, type TensorLayout } from "./family.ts";
export { Fields } from "./fields.ts";
export { longRopeMagnitude } from "./rope-fields.ts";

export const FAMILIES: readonly Family[] = [
  llama,
  mistral,
  qwen2,
  qwen3,
  qwen3Moe,
  smollm3,
  phi3,
  gemma,
  gemma2,
  gemma3,
  granite,
  gpt2,
  gptNeox,
  starcoder2,
];

/** A configuration that was read: its family and what it describes. */
export interface KnownDecoder {
  readonly family: Family;
  readonly config: DecoderConfig;
}

/**
 * Keys that change what a model computes wherever they stand. Where the family of the file did not ask for such a key,
 * the file means something that this reading would lose.
 */
const TELLING_KEYS: readonly string[] = [
  "quantization_config",
  "multi_query",
  "num_local_experts",
  "num_experts",
  "n_routed_experts",
  "moe_num_experts",
  "n_shared_experts",
  "kv_lora_rank",
  "q_lora_rank",
  "ssm_cfg",
  "mamba_d_state",
  "state_size",
  "hybrid_override_pattern",
  "decoder_layers",
  "attn_logit_softcapping",
  "final_logit_softcapping",
  "logit_scale",
  "logits_scaling",
  "embedding_multiplier",
  "residual_multiplier",
  "parallel_attn",
  "alibi",
  "partial_rotary_factor",
  "rotary_dim",
  "layer_types",
  "attention_bias",
  "mlp_bias",
];

/**
 * The decoder that a parsed config.json of Hugging Face describes, or its `text_config` where it has one. Pure.
 *
 * Throws `UnsupportedModelError` for a model that no family here knows, by the name in the file, and for a key that its
 * family does not have; `InvalidModelError` for missing or contradictory values. Both name file, key and value.
 */
export function decoderFromConfig(json: JsonObject, file = "config.json"): KnownDecoder {
  const outer = new Fields(json, file);
  const fields = outer.nested("text_config") ?? outer;
  refuseQuantized(outer);
  const family = familyOf(outer, fields);
  const config = family.read(fields);
  for (const key of TELLING_KEYS) {
    if (fields.wasRead(key) || !tells(fields.get(key))) continue;
    throw new UnsupportedModelError(
      `${file}: ${fields.spell(key)} ${excerpt(fields.get(key))} is not implemented for ${config.architecture}`,
    );
  }
  return { family, config };
}

function refuseQuantized(fields: Fields): void {
  const quantization = fields.get("quantization_config");
  if (quantization === undefined) return;
  throw new UnsupportedModelError(
    `${fields.file}: quantization_config ${excerpt(quantization)} is not implemented, only F32, F16 and BF16 weights`,
  );
}

/** Off is as good as absent. */
function tells(value: unknown): boolean {
  return value !== undefined && value !== false && value !== 0 && value !== 1;
}

function familyOf(outer: Fields, fields: Fields): Family {
  const names = outer.get("architectures");
  const isList = Array.isArray(names) && names.length > 0 && names.every((name) => typeof name === "string");
  if (names !== undefined && !isList) outer.fail("architectures", "a list of names", names);
  const type = fields.get("model_type");
  if (names === undefined && type === undefined) {
    throw new InvalidModelError(`${outer.file}: architectures must be a list of names, ${describe(undefined)}`);
  }
  const architectures = (names ?? []) as readonly string[];
  const byType = FAMILIES.find(({ modelType }) => modelType === type);
  const byName = FAMILIES.find((family) => family.architectures.includes(architectures[0]));
  const family = type === undefined ? byName : byType;
  const stranger = architectures.find((name) => family !== undefined && !family.architectures.includes(name));
  if (family !== undefined && stranger === undefined) return family;
  throw unknown(
    outer.file,
    architectures.length > 0 ? `architecture ${excerpt(stranger ?? architectures[0])}` : `model_type ${excerpt(type)}`,
  );
}

/** Architectures that are read, for messages. */
export const KNOWN_ARCHITECTURES = FAMILIES.flatMap(({ architectures }) => architectures).join(", ");

function unknown(file: string, what: string): UnsupportedModelError {
  return new UnsupportedModelError(`${file}: ${what} is not implemented, only ${KNOWN_ARCHITECTURES}`);
}

/** What a GGUF file shows by its tensors and tokens instead of by keys. */
export interface SeenInGguf {
  readonly vocabSize: number;
  /** There is no output matrix. */
  readonly tied: boolean;
  readonly attentionBias: boolean;
  readonly feedForwardBias: boolean;
}

/**
 * The decoder that the metadata of a GGUF file describes. Throws as `decoderFromConfig` does, with the file's own keys.
 */
export function decoderFromGguf(metadata: JsonObject, seen: SeenInGguf, file: string): KnownDecoder {
  const architecture = metadata["general.architecture"];
  if (typeof architecture !== "string") {
    throw new InvalidModelError(`${file}: general.architecture must be a string, ${describe(architecture)}`);
  }
  const family = FAMILIES.find(({ ggufArchitecture }) => ggufArchitecture === architecture);
  if (family === undefined) {
    const known = FAMILIES.flatMap(({ ggufArchitecture }) => ggufArchitecture ?? []).join(", ");
    throw new UnsupportedModelError(
      `${file}: general.architecture ${excerpt(architecture)} is not implemented, only ${known}`,
    );
  }
  const derived = {
    vocab_size: seen.vocabSize,
    tie_word_embeddings: seen.tied,
    attention_bias: seen.attentionBias,
    mlp_bias: seen.feedForwardBias,
  };
  const fields = new Fields({ ...metadata, ...derived }, file, { names: ggufNames(architecture) });
  return { family, config: family.read(fields) };
}
