import { InvalidModelError, UnsupportedModelError } from "../errors.ts";
import { type ConfigFamily, familyOf } from "./config-families.ts";
import { JsonFields } from "./json-fields.ts";
import { layerWindows } from "./layer-windows.ts";
import type { LayerKind, ModelShape } from "./shape.ts";

/** Keys that stand for layers whose time and memory this model of a transformer does not describe. */
const UNSUPPORTED_KEYS: Readonly<Record<string, string>> = {
  num_local_experts: "mixture of experts",
  num_experts: "mixture of experts",
  n_routed_experts: "mixture of experts",
  kv_lora_rank: "multi-head latent attention",
  ssm_cfg: "state-space layers",
  mamba_d_state: "state-space layers",
  state_size: "state-space layers",
  decoder_layers: "encoder and decoder",
};

/**
 * Shape of the model that a parsed Hugging Face `config.json` describes (of its `text_config` where it has one). Pure.
 * Throws `InvalidModelError` that names the key and its value, `UnsupportedModelError` that names the key of a kind of layer
 * that is not dense attention and feed-forward. Source of keys and defaults: the configuration classes of transformers 4.
 */
export function shapeFromConfig(config: unknown, name = "config.json"): ModelShape {
  const outer = new JsonFields(name, config, InvalidModelError);
  const nested = outer.find(["text_config"]);
  const fields = nested === undefined ? outer : new JsonFields(`${name}: "text_config"`, nested.value, InvalidModelError);
  refuseUnsupported(fields);
  const family = familyOf(fields.text("model_type", ""));
  return { name, ...sizes(fields), ...structure(fields, family), layers: groupLayers(layerWindows(fields, family)) };
}

function refuseUnsupported(fields: JsonFields): void {
  for (const [key, kind] of Object.entries(UNSUPPORTED_KEYS)) {
    if (fields.has(key)) throw new UnsupportedModelError(`${fields.what}: "${key}" means ${kind}, which the roofline does not describe`);
  }
}

type Sizes = Pick<ModelShape, "hiddenSize" | "headCount" | "kvHeadCount" | "headDim" | "intermediateSize" | "vocabSize" | "contextLength">;

function sizes(fields: JsonFields): Sizes {
  const hiddenSize = fields.count(["hidden_size", "n_embd"]);
  const headCount = fields.count(["num_attention_heads", "n_head"]);
  const kvHeadCount = fields.count(["num_key_value_heads"], headCount);
  if (headCount % kvHeadCount !== 0) throw fields.wrong("num_key_value_heads", `a divisor of ${headCount} query heads`, kvHeadCount);
  return {
    hiddenSize,
    headCount,
    kvHeadCount,
    headDim: headDim(fields, hiddenSize, headCount),
    intermediateSize: fields.count(["intermediate_size", "n_inner"], fields.has("n_embd") ? 4 * hiddenSize : undefined),
    vocabSize: fields.count(["vocab_size"]),
    contextLength: fields.count(["max_position_embeddings", "n_positions"]),
  };
}

function headDim(fields: JsonFields, hiddenSize: number, headCount: number): number {
  if (!fields.has("head_dim") && hiddenSize % headCount !== 0) {
    throw fields.wrong("num_attention_heads", `a divisor of "hidden_size" ${hiddenSize} where "head_dim" is missing`, headCount);
  }
  return fields.count(["head_dim"], hiddenSize / headCount);
}

type Structure = Omit<ModelShape, keyof Sizes | "name" | "layers">;

function structure(fields: JsonFields, family: ConfigFamily): Structure {
  const attentionBias = fields.flag("attention_bias", false);
  const useBias = fields.flag("use_bias", family.otherBias);
  return {
    tiedEmbeddings: fields.flag("tie_word_embeddings", family.tied),
    feedForwardMatrices: family.gated ? 3 : 2,
    biases: {
      qkv: attentionBias || (family.otherBias ? useBias : family.qkvBias),
      output: attentionBias || useBias,
      feedForward: useBias || fields.flag("mlp_bias", false),
    },
    normVectors: family.normVectors,
    normsPerLayer: family.normsPerLayer,
    queryKeyNorm: family.queryKeyNorm,
    positionEmbeddings: family.learnedPositions ? fields.count(["max_position_embeddings", "n_positions"]) : 0,
  };
}

/** Counts equal windows, in order of first use. */
function groupLayers(windows: readonly (number | null)[]): LayerKind[] {
  const counts = new Map<number | null, number>();
  for (const window of windows) counts.set(window, (counts.get(window) ?? 0) + 1);
  return [...counts].map(([window, count]) => ({ count, window }));
}
