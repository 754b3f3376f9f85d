import { type DecoderConfig, plainDecoder } from "../decoder.ts";
import { type Family, LLAMA_LAYOUT } from "./family.ts";
import type { Fields } from "./fields.ts";
import { readQwenLayers } from "./qwen2.ts";
import { readRope } from "./rope-fields.ts";
import { readActivation, readBiases, readSizes, type SizeDefaults } from "./sizes.ts";

/** What `Qwen3Config` takes where the file says nothing. */
const DEFAULTS = { num_key_value_heads: 32, head_dim: 128, max_position_embeddings: 32_768 };

/** What Qwen3 and its mixture of experts share. */
export function readQwen3(fields: Fields, architecture: string, defaults: SizeDefaults = {}): DecoderConfig {
  const sizes = readSizes(fields, { ...DEFAULTS, ...defaults });
  return plainDecoder(0, {
    ...sizes,
    architecture,
    layers: readQwenLayers(fields),
    norm: { kind: "rms", epsilon: fields.positiveNumber("rms_norm_eps", 1e-6), place: "before" },
    biases: readBiases(fields),
    queryKeyNorm: true,
    ropes: [readRope(fields, sizes)],
    activation: readActivation(fields, "hidden_act", "silu"),
    tiedEmbeddings: fields.boolean("tie_word_embeddings", false),
  });
}

/** Qwen3: Llama with a norm on query and key heads. Source: arXiv 2505.09388. */
export const qwen3: Family = {
  modelType: "qwen3",
  architectures: ["Qwen3ForCausalLM"],
  ggufArchitecture: "qwen3",
  layout: LLAMA_LAYOUT,
  read: (fields) => readQwen3(fields, "Qwen3ForCausalLM"),
};
