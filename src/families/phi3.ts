import { plainDecoder } from "../decoder.ts";
import { type Family, LLAMA_LAYOUT } from "./family.ts";
import { readRope } from "./rope-fields.ts";
import { readActivation, readLayers, readSizes, readWindow } from "./sizes.ts";

/** Phi-3, Phi-3.5 and Phi-4-mini: fused matrices, a window on every layer, LongRoPE. Source: arXiv 2404.14219. */
export const phi3: Family = {
  modelType: "phi3",
  architectures: ["Phi3ForCausalLM"],
  ggufArchitecture: "phi3",
  layout: { ...LLAMA_LAYOUT, fused: true },
  read: (fields) => {
    const sizes = readSizes(fields, { max_position_embeddings: 4096 });
    return plainDecoder(0, {
      ...sizes,
      architecture: "Phi3ForCausalLM",
      layers: readLayers(fields, readWindow(fields), () => true),
      norm: { kind: "rms", epsilon: fields.positiveNumber("rms_norm_eps", 1e-5), place: "before" },
      ropes: [readRope(fields, sizes)],
      activation: readActivation(fields, "hidden_act", "silu"),
      tiedEmbeddings: fields.boolean("tie_word_embeddings", false),
    });
  },
};
