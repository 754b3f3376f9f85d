import { UnsupportedModelError } from "../errors.ts";
import { excerpt } from "../json.ts";
import type { Fields } from "./fields.ts";

/**
 * Keys that change what a model computes wherever they stand. Where the family of the file did not ask for such a key,
 * the file means something that this reading would lose.
 */
const TELLING_KEYS: readonly string[] = [
  "quantization_config",
  "multi_query",
  "num_local_experts",
  "num_experts",
  "n_routed_experts",
  "moe_num_experts",
  "n_shared_experts",
  "kv_lora_rank",
  "q_lora_rank",
  "ssm_cfg",
  "mamba_d_state",
  "state_size",
  "hybrid_override_pattern",
  "decoder_layers",
  "attn_logit_softcapping",
  "final_logit_softcapping",
  "logit_scale",
  "logits_scaling",
  "embedding_multiplier",
  "residual_multiplier",
  "parallel_attn",
  "alibi",
  "partial_rotary_factor",
  "rotary_dim",
  "layer_types",
  "attention_bias",
  "mlp_bias",
  "lm_head_bias",
  "clip_qkv",
  "qk_layernorm",
  "use_qk_norm",
  "use_bidirectional_attention",
  "add_cross_attention",
  "is_encoder_decoder",
];

/** Throws `UnsupportedModelError` for a key of config.json that tells more than the family has read. */
export function refuseUnreadKeys(fields: Fields, architecture: string): void {
  for (const key of TELLING_KEYS) {
    if (fields.wasRead(key) || !tells(fields.get(key))) continue;
    refuse(fields, key, architecture);
  }
}

/** Off is as good as absent. */
function tells(value: unknown): boolean {
  return value !== undefined && value !== false && value !== 0 && value !== 1;
}

/** Such keys of GGUF files, by their names for families or as they are behind the architecture, and what is neutral. */
const TELLING_GGUF_KEYS: Readonly<Record<string, readonly unknown[]>> = {
  num_experts: [0],
  attn_logit_softcapping: [0],
  final_logit_softcapping: [0],
  embedding_multiplier: [0, 1],
  residual_multiplier: [0, 1],
  attention_multiplier: [0],
  logits_scaling: [0, 1],
};
const TELLING_GGUF_NAMES: Readonly<Record<string, readonly unknown[]>> = {
  "attention.causal": [true],
  "attention.clamp_kqv": [0],
  "attention.kv_lora_rank": [0],
  "attention.max_alibi_bias": [0],
  "attention.q_lora_rank": [0],
  "attention.shared_kv_layers": [0],
  "attention.temperature_scale": [0, 1],
  expert_gating_func: [0, 1],
  expert_shared_count: [0],
  expert_weights_scale: [0, 1],
  leading_dense_block_count: [0],
  nextn_predict_layers: [0],
  "ssm.state_size": [0],
  "wkv.head_size": [0],
};

/** Throws `UnsupportedModelError` for a key of a GGUF file that tells more than the family has read. */
export function refuseUnreadGgufKeys(fields: Fields, architecture: string): void {
  const named = Object.entries(TELLING_GGUF_NAMES).map(
    ([name, neutral]) => [`${architecture}.${name}`, neutral] as const,
  );
  for (const [key, neutral] of [...Object.entries(TELLING_GGUF_KEYS), ...named]) {
    if (fields.wasRead(key) || !fields.has(key) || neutral.includes(fields.get(key))) continue;
    refuse(fields, key, architecture);
  }
}

function refuse(fields: Fields, key: string, architecture: string): never {
  throw new UnsupportedModelError(
    `${fields.file}: ${fields.spell(key)} ${excerpt(fields.get(key))} is not implemented for ${architecture}`,
  );
}
