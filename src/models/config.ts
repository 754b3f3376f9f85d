import { InvalidModelError, UnsupportedModelError } from "../errors.ts";
import type { ModelConfig } from "../model.ts";
import { Fields } from "./fields.ts";
import { excerpt, type JsonObject } from "./json.ts";
import { parseRope } from "./rope-config.ts";

const FILE = "config.json";

/** What `LlamaConfig` of Hugging Face transformers takes where the file says nothing. */
const DEFAULT_CONTEXT_LENGTH = 2048;
const DEFAULT_RMS_NORM_EPS = 1e-6;

/**
 * Shape of the model that a Hugging Face config.json describes, with `LlamaConfig`'s defaults.
 *
 * Throws `UnsupportedModelError` for another kind of model, `InvalidModelError` for missing or contradictory values; both
 * name the key and the value.
 */
export function parseConfig(json: JsonObject): ModelConfig {
  const fields = new Fields(json, FILE);
  checkArchitecture(fields);
  checkVariants(fields);
  const rope = parseRope(fields, FILE);
  return {
    architecture: "LlamaForCausalLM",
    vocabSize: fields.positiveInteger("vocab_size"),
    hiddenSize: fields.positiveInteger("hidden_size"),
    intermediateSize: fields.positiveInteger("intermediate_size"),
    layerCount: fields.positiveInteger("num_hidden_layers"),
    ...parseHeads(fields),
    contextLength: fields.positiveInteger("max_position_embeddings", DEFAULT_CONTEXT_LENGTH),
    rmsNormEps: fields.positiveNumber("rms_norm_eps", DEFAULT_RMS_NORM_EPS),
    ropeTheta: rope.theta,
    ropeScaling: rope.scaling,
    tiedEmbeddings: fields.boolean("tie_word_embeddings", false),
  };
}

function checkArchitecture(fields: Fields): void {
  const architectures = fields.get("architectures");
  if (architectures === undefined && fields.get("model_type") === "llama") return;
  if (!Array.isArray(architectures) || architectures.length === 0) fields.fail("architectures", "a list of names", architectures);
  const unsupported: unknown = architectures.find((name) => name !== "LlamaForCausalLM");
  if (unsupported !== undefined) {
    throw new UnsupportedModelError(`${FILE}: architecture ${excerpt(unsupported)} is not implemented, only LlamaForCausalLM`);
  }
}

/** Variants of the Llama class that would compute something else: refused by name instead of run wrongly. */
function checkVariants(fields: Fields): void {
  const activation = fields.string("hidden_act", "silu");
  if (activation !== "silu") throw new UnsupportedModelError(`${FILE}: hidden_act "${activation}" is not implemented, only silu`);
  for (const key of ["attention_bias", "mlp_bias"]) {
    if (fields.boolean(key, false)) throw new UnsupportedModelError(`${FILE}: ${key} true is not implemented, only false`);
  }
  const quantization = fields.get("quantization_config");
  if (quantization !== undefined) {
    throw new UnsupportedModelError(`${FILE}: quantization_config ${excerpt(quantization)} is not implemented, only F32, F16 and BF16 weights`);
  }
}

function parseHeads(fields: Fields): Pick<ModelConfig, "headCount" | "kvHeadCount" | "headDim"> {
  const headCount = fields.positiveInteger("num_attention_heads");
  const kvHeadCount = fields.positiveInteger("num_key_value_heads", headCount);
  if (headCount % kvHeadCount !== 0) {
    throw new InvalidModelError(`${FILE}: num_attention_heads ${headCount} is not a multiple of num_key_value_heads ${kvHeadCount}`);
  }
  return { headCount, kvHeadCount, headDim: parseHeadDim(fields, headCount) };
}

/** Even, because the rotary embedding turns pairs. */
function parseHeadDim(fields: Fields, headCount: number): number {
  const hiddenSize = fields.positiveInteger("hidden_size");
  if (fields.get("head_dim") === undefined && hiddenSize % headCount !== 0) {
    throw new InvalidModelError(`${FILE}: head_dim is missing, and hidden_size ${hiddenSize} is not a multiple of num_attention_heads ${headCount}`);
  }
  const headDim = fields.positiveInteger("head_dim", hiddenSize / headCount);
  if (headDim % 2 !== 0) throw new InvalidModelError(`${FILE}: head_dim must be even for the rotary embedding, got ${headDim}`);
  return headDim;
}
