import { type LayerConfig, plainDecoder } from "../decoder.ts";
import { type Family, LLAMA_LAYOUT } from "./family.ts";
import type { Fields } from "./fields.ts";
import { readRope } from "./rope-fields.ts";
import { readActivation, readLayers, readSizes, readWindow } from "./sizes.ts";

/** What `Qwen2Config` takes where the file says nothing. */
const DEFAULTS = { num_key_value_heads: 32, max_position_embeddings: 32_768 };

/**
 * Windows of the layers from `max_window_layers` on, where `use_sliding_window` switches them on: Qwen2's and Qwen3's
 * rule.
 */
export function readQwenLayers(fields: Fields): LayerConfig[] {
  const window = fields.boolean("use_sliding_window", false) ? readWindow(fields) : null;
  const first = window === null ? 0 : fields.notNegative("max_window_layers", 28);
  return readLayers(fields, window, (layer) => layer >= first);
}

/** Qwen2 and Qwen2.5: Llama with biases on query, key and value. Source: arXiv 2407.10671. */
export const qwen2: Family = {
  modelType: "qwen2",
  architectures: ["Qwen2ForCausalLM"],
  ggufArchitecture: "qwen2",
  layout: LLAMA_LAYOUT,
  read: (fields) => {
    const sizes = readSizes(fields, DEFAULTS);
    return plainDecoder(0, {
      ...sizes,
      architecture: "Qwen2ForCausalLM",
      layers: readQwenLayers(fields),
      norm: { kind: "rms", epsilon: fields.positiveNumber("rms_norm_eps", 1e-6), place: "before" },
      biases: { qkv: true, output: false, feedForward: false },
      ropes: [readRope(fields, sizes)],
      activation: readActivation(fields, "hidden_act", "silu"),
      tiedEmbeddings: fields.boolean("tie_word_embeddings", false),
    });
  },
};
