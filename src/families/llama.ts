import { type DecoderConfig, plainDecoder } from "../decoder.ts";
import { type Family, LLAMA_LAYOUT } from "./family.ts";
import type { Fields } from "./fields.ts";
import { readRope } from "./rope-fields.ts";
import { readActivation, readBiases, readLayers, readSizes, readWindow, type SizeDefaults } from "./sizes.ts";

/** What `LlamaConfig` of Hugging Face transformers takes where the file says nothing. */
const DEFAULTS = { max_position_embeddings: 2048 };

/** Llama's reading, which Mistral and Granite share: everything but the name and the windows. */
export function readLlamaLike(
  fields: Fields,
  architecture: string,
  { defaults = {}, ...parts }: Partial<DecoderConfig> & { readonly defaults?: SizeDefaults } = {},
): DecoderConfig {
  const sizes = readSizes(fields, { ...DEFAULTS, ...defaults });
  return plainDecoder(0, {
    ...sizes,
    architecture,
    layers: readLayers(fields, null, () => false),
    norm: { kind: "rms", epsilon: fields.positiveNumber("rms_norm_eps", 1e-6), place: "before" },
    biases: readBiases(fields),
    ropes: [readRope(fields, sizes)],
    activation: readActivation(fields, "hidden_act", "silu"),
    tiedEmbeddings: fields.boolean("tie_word_embeddings", false),
    ...parts,
  });
}

/** Llama 1, 2 and 3, SmolLM and SmolLM2, TinyLlama. Sources: arXiv 2302.13971, 2307.09288, 2407.21783. */
export const llama: Family = {
  modelType: "llama",
  architectures: ["LlamaForCausalLM"],
  ggufArchitecture: "llama",
  layout: { ...LLAMA_LAYOUT, interleavedInGguf: true },
  read: (fields) => readLlamaLike(fields, "LlamaForCausalLM"),
};

/** What `MistralConfig` takes; `null` switches the window off. */
const MISTRAL_WINDOW = 4096;
const MISTRAL_DEFAULTS = { num_key_value_heads: 8 };

/** Mistral: Llama with a window on every layer in its first version (arXiv 2310.06825). Its GGUF files say "llama". */
export const mistral: Family = {
  modelType: "mistral",
  architectures: ["MistralForCausalLM"],
  ggufArchitecture: null,
  layout: LLAMA_LAYOUT,
  read: (fields) => {
    const window = fields.isNull("sliding_window") ? null : readWindow(fields, MISTRAL_WINDOW);
    return readLlamaLike(fields, "MistralForCausalLM", {
      defaults: MISTRAL_DEFAULTS,
      layers: readLayers(fields, window, () => true),
    });
  },
};
