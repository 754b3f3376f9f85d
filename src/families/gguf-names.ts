/**
 * Names in a GGUF file, without the architecture in front, of the keys that families read. Source: ggml's docs/gguf.md
 * and llama.cpp.
 */
const NAMES: Readonly<Record<string, string>> = {
  hidden_size: "embedding_length",
  intermediate_size: "feed_forward_length",
  num_hidden_layers: "block_count",
  num_attention_heads: "attention.head_count",
  num_key_value_heads: "attention.head_count_kv",
  head_dim: "attention.key_length",
  value_length: "attention.value_length",
  max_position_embeddings: "context_length",
  rms_norm_eps: "attention.layer_norm_rms_epsilon",
  sliding_window: "attention.sliding_window",
  sliding_window_pattern: "attention.sliding_window_pattern",
  attn_logit_softcapping: "attn_logit_softcapping",
  final_logit_softcapping: "final_logit_softcapping",
  rope_theta: "rope.freq_base",
  rope_local_base_freq: "rope.freq_base_swa",
  rotary_dimensions: "rope.dimension_count",
  rope_scaling_type: "rope.scaling.type",
  rope_scaling_factor: "rope.scaling.factor",
  rope_scale_linear: "rope.scale_linear",
  rope_scaling_original: "rope.scaling.original_context_length",
  rope_beta_fast: "rope.scaling.yarn_beta_fast",
  rope_beta_slow: "rope.scaling.yarn_beta_slow",
  rope_attention_factor: "rope.scaling.attn_factor",
  num_experts: "expert_count",
  num_experts_per_tok: "expert_used_count",
  moe_intermediate_size: "expert_feed_forward_length",
  norm_topk_prob: "expert_weights_norm",
  embedding_multiplier: "embedding_scale",
  residual_multiplier: "residual_scale",
  attention_multiplier: "attention.scale",
  logits_scaling: "logit_scale",
};

/** Keys of config.json to keys of a GGUF file of that architecture. */
export function ggufNames(architecture: string): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(NAMES).map(([key, name]) => [key, `${architecture}.${name}`]));
}
