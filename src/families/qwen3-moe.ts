import type { DecoderConfig, LayerConfig } from "../decoder.ts";
import { type Family, LLAMA_LAYOUT } from "./family.ts";
import type { Fields } from "./fields.ts";
import { readQwen3 } from "./qwen3.ts";

function read(fields: Fields): DecoderConfig {
  const count = fields.positiveInteger("num_experts");
  const perToken = fields.positiveInteger("num_experts_per_tok");
  if (perToken > count) fields.fail("num_experts_per_tok", `at most the ${count} experts`, perToken);
  const intermediateSize = readExpertSize(fields, perToken);
  const defaults = { num_key_value_heads: 4, ...(fields.format === "gguf" && { intermediate_size: intermediateSize }) };
  const config = readQwen3(fields, "Qwen3MoeForCausalLM", defaults);
  const experts = {
    count,
    perToken,
    intermediateSize,
    // GGUF files mostly leave the key out and mean true, which config.json says in every published model.
    normalized: fields.boolean("norm_topk_prob", fields.format === "gguf"),
  };
  return {
    ...config,
    experts,
    layers: config.layers.map((layer, number) => ({ ...layer, experts: hasExperts(fields, layer, number) })),
  };
}

/** A GGUF file may have either size: without the experts' own one, the dense one is that of all experts of a token. */
function readExpertSize(fields: Fields, perToken: number): number {
  if (fields.format === "gguf" && !fields.has("moe_intermediate_size")) {
    return Math.floor(fields.positiveInteger("intermediate_size") / perToken);
  }
  return fields.positiveInteger("moe_intermediate_size");
}

/** Every layer, unless the file makes only each n-th one a mixture or names dense ones. */
function hasExperts(fields: Fields, _: LayerConfig, number: number): boolean {
  const dense = fields.get("mlp_only_layers") ?? [];
  if (!Array.isArray(dense)) fields.fail("mlp_only_layers", "a list of layer numbers", dense);
  return !dense.includes(number) && (number + 1) % fields.positiveInteger("decoder_sparse_step", 1) === 0;
}

/** Qwen3-MoE: Qwen3 whose feed-forward layers are mixtures of experts. Source: arXiv 2505.09388. */
export const qwen3Moe: Family = {
  modelType: "qwen3_moe",
  architectures: ["Qwen3MoeForCausalLM"],
  ggufArchitecture: "qwen3moe",
  layout: LLAMA_LAYOUT,
  read,
};
