import type { BiasConfig, DecoderConfig } from "../decoder.ts";
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
import { refuseUnreadGgufKeys, refuseUnreadKeys } from "./telling-keys.ts";

export { type Family, type TensorLayout } from "./family.ts";
export { Fields } from "./fields.ts";

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
  refuseUnreadKeys(fields, config.architecture);
  return { family, config };
}

function refuseQuantized(fields: Fields): void {
  const quantization = fields.get("quantization_config");
  if (quantization === undefined) return;
  throw new UnsupportedModelError(
    `${fields.file}: quantization_config ${excerpt(quantization)} is not implemented, only F32, F16 and BF16 weights`,
  );
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
  if (family !== undefined && architectures.every((name) => family.architectures.includes(name))) return family;
  const stranger = architectures.find((name) => FAMILIES.every((each) => !each.architectures.includes(name)));
  if (stranger !== undefined) throw unknown(outer.file, `architecture ${excerpt(stranger)}`);
  if (family === undefined) throw unknown(outer.file, `model_type ${excerpt(type)}`);
  throw new InvalidModelError(
    `${outer.file}: architectures ${excerpt(architectures)} and model_type ${excerpt(type)} contradict each other`,
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
  readonly biases: BiasConfig;
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
  const derived = { vocab_size: seen.vocabSize, tie_word_embeddings: seen.tied };
  const fields = new Fields({ ...metadata, ...derived }, file, { names: ggufNames(architecture) });
  // A class's defaults are those of config.json: llama.cpp asks for both keys, too.
  fields.positiveNumber("rms_norm_eps");
  fields.positiveInteger("max_position_embeddings");
  const config = { ...family.read(fields), biases: seen.biases };
  refuseOtherHeads(fields, family, config);
  refuseUnreadGgufKeys(fields, architecture);
  return { family, config };
}

/** Heads of value that differ from those of key, and interleaved rotation of a part of a head. */
function refuseOtherHeads(fields: Fields, family: Family, { headDim, ropes }: DecoderConfig): void {
  const valueLength = fields.positiveInteger("value_length", headDim);
  if (valueLength !== headDim) {
    fields.unsupported("value_length", valueLength, `${fields.spell("head_dim")}, ${headDim}`);
  }
  if (family.layout!.interleavedInGguf && ropes[0].dimensions !== headDim) {
    fields.unsupported("rotary_dimensions", ropes[0].dimensions, `all ${headDim} of a head`);
  }
}
