import { type Family, LLAMA_LAYOUT } from "./family.ts";
import { readLlamaLike } from "./llama.ts";

/** Granite 3: Llama with factors for embedding, residual, attention and logits (IBM's config class in transformers). */
export const granite: Family = {
  modelType: "granite",
  architectures: ["GraniteForCausalLM"],
  ggufArchitecture: "granite",
  layout: { ...LLAMA_LAYOUT, interleavedInGguf: true },
  read: (fields) =>
    readLlamaLike(fields, "GraniteForCausalLM", {
      embeddingScale: fields.positiveNumber("embedding_multiplier", 1),
      residualScale: fields.positiveNumber("residual_multiplier", 1),
      attentionScale: fields.positiveNumber("attention_multiplier", 1),
      logitScale: 1 / fields.positiveNumber("logits_scaling", 1),
    }),
};
