import { type DecoderConfig, plainDecoder } from "../decoder.ts";
import { type Family, LLAMA_LAYOUT, type TensorLayout } from "./family.ts";
import type { Fields } from "./fields.ts";
import { readRope } from "./rope-fields.ts";
import { readActivation, readLayers, readPeriodicWindows, readSizes, readWindow } from "./sizes.ts";

const DEFAULTS = { vocab_size: 256_000, head_dim: 256, max_position_embeddings: 8192 };
const ACTIVATION = "gelu_pytorch_tanh";

/** Layers of Gemma 2 27B, whose GGUF files do not say that its attention is scaled by another size than the head's. */
const GEMMA_2_27B_LAYERS = 46;

/** Gemma 1: Llama with a scaled embedding and GeGLU. Source: arXiv 2403.08295. */
export const gemma: Family = {
  modelType: "gemma",
  architectures: ["GemmaForCausalLM"],
  ggufArchitecture: "gemma",
  layout: { ...LLAMA_LAYOUT, normOffset: 1 },
  read: (fields) => {
    const sizes = readSizes(fields, DEFAULTS);
    return plainDecoder(0, {
      ...sizes,
      architecture: "GemmaForCausalLM",
      layers: readLayers(fields, null, () => false),
      norm: { kind: "rms", epsilon: fields.positiveNumber("rms_norm_eps", 1e-6), place: "before" },
      ropes: [readRope(fields, sizes)],
      embeddingScale: Math.sqrt(sizes.hiddenSize),
      // Its files say "gelu" in `hidden_act`, which transformers reads as the tanh form.
      activation: readActivation(fields, "hidden_activation", ACTIVATION),
      tiedEmbeddings: fields.boolean("tie_word_embeddings", true),
    });
  },
};

const GEMMA_2_LAYOUT: TensorLayout = { ...LLAMA_LAYOUT, norms: "gemma", normOffset: 1 };

function readGemma2(fields: Fields): DecoderConfig {
  const sizes = readSizes(fields, { ...DEFAULTS, num_attention_heads: 8, num_key_value_heads: 4 });
  const layers = readLayers(fields, readWindow(fields, 4096), readPeriodicWindows(fields, 2));
  return plainDecoder(0, {
    ...sizes,
    architecture: "Gemma2ForCausalLM",
    layers,
    norm: { kind: "rms", epsilon: fields.positiveNumber("rms_norm_eps", 1e-6), place: "around" },
    biases: attentionBias(fields),
    ropes: [readRope(fields, sizes)],
    attentionScale: 1 / Math.sqrt(readScaledSize(fields, sizes, layers.length === GEMMA_2_27B_LAYERS)),
    attentionSoftCap: softCap(fields, "attn_logit_softcapping", 50),
    logitSoftCap: softCap(fields, "final_logit_softcapping", 30),
    embeddingScale: Math.sqrt(sizes.hiddenSize),
    activation: readActivation(fields, "hidden_activation", ACTIVATION),
    tiedEmbeddings: fields.boolean("tie_word_embeddings", true),
  });
}

/** Gemma 2: norms around the branches, soft-caps, a window on every other layer. Source: arXiv 2408.00118. */
export const gemma2: Family = {
  modelType: "gemma2",
  architectures: ["Gemma2ForCausalLM"],
  ggufArchitecture: "gemma2",
  layout: GEMMA_2_LAYOUT,
  read: readGemma2,
};

/** Layers of Gemma 3 27B, with the same gap in its GGUF files. */
const GEMMA_3_27B_LAYERS = 62;
const LOCAL_THETA = 10_000;

function readGemma3(fields: Fields): DecoderConfig {
  const defaults = {
    vocab_size: 262_208,
    head_dim: 256,
    num_attention_heads: 8,
    num_key_value_heads: 4,
    max_position_embeddings: 131_072,
  };
  const sizes = readSizes(fields, defaults);
  const window = readWindow(fields, fields.format === "gguf" ? undefined : 4096);
  const layers = readLayers(fields, window, readPeriodicWindows(fields, 6));
  const local = fields.nested("rope_parameters")?.nested("sliding_attention");
  const localTheta =
    local?.positiveNumber("rope_theta", LOCAL_THETA) ?? fields.positiveNumber("rope_local_base_freq", LOCAL_THETA);
  return plainDecoder(0, {
    ...sizes,
    architecture: "Gemma3ForCausalLM",
    layers: layers.map((layer) => ({ ...layer, rope: layer.window === null ? 0 : 1 })),
    norm: { kind: "rms", epsilon: fields.positiveNumber("rms_norm_eps", 1e-6), place: "around" },
    biases: attentionBias(fields),
    queryKeyNorm: true,
    ropes: [
      readRope(fields, { ...sizes, theta: 1_000_000, layerType: "full_attention" }),
      local === undefined
        ? { theta: localTheta, dimensions: sizes.headDim, scaling: null }
        : readRope(fields, { ...sizes, theta: localTheta, layerType: "sliding_attention" }),
    ],
    attentionScale: 1 / Math.sqrt(readScaledSize(fields, sizes, layers.length === GEMMA_3_27B_LAYERS)),
    attentionSoftCap: softCap(fields, "attn_logit_softcapping", null),
    logitSoftCap: softCap(fields, "final_logit_softcapping", null),
    embeddingScale: Math.sqrt(sizes.hiddenSize),
    activation: readActivation(fields, "hidden_activation", ACTIVATION),
    tiedEmbeddings: fields.boolean("tie_word_embeddings", true),
  });
}

/**
 * Gemma 3, text: q/k norm, five windowed layers a full one, a rotary table of each kind's own. Source: arXiv
 * 2503.19786.
 */
export const gemma3: Family = {
  modelType: "gemma3_text",
  architectures: ["Gemma3ForCausalLM", "Gemma3ForConditionalGeneration"],
  ggufArchitecture: "gemma3",
  layout: GEMMA_2_LAYOUT,
  read: readGemma3,
};

function attentionBias(fields: Fields): DecoderConfig["biases"] {
  const bias = fields.boolean("attention_bias", false);
  return { qkv: bias, output: bias, feedForward: false };
}

/** `null` in the file switches a cap off, so that the default stands only where the key is absent. */
function softCap(fields: Fields, key: string, fallback: number | null): number | null {
  if (fields.isNull(key)) return null;
  return fields.has(key) || fallback !== null ? fields.positiveNumber(key, fallback ?? undefined) : null;
}

/** The size whose root divides query · key. GGUF files do not have it: it is the head's, but for the largest models. */
function readScaledSize(
  fields: Fields,
  sizes: { hiddenSize: number; headCount: number; headDim: number },
  ofLargest: boolean,
): number {
  if (fields.format === "gguf") return ofLargest ? sizes.hiddenSize / sizes.headCount : sizes.headDim;
  return fields.positiveNumber("query_pre_attn_scalar", 256);
}
