import type { LayerWeights } from "../model.ts";
import type { TensorLayout } from "./family.ts";

/** A part of a layer that checkpoints store under one name. Fused matrices are parts of their own. */
export type LayerPart = keyof LayerWeights | "fusedQkv" | "fusedGateUp";

/** Names in a checkpoint. */
export interface TensorNames {
  readonly embedding: string;
  readonly finalNorm: string;
  readonly head: string;
  /** Name of a part of a layer. */
  readonly layer: (layer: number, part: LayerPart) => string;
  /** Name of one expert's matrix; `null` where all experts are one tensor, under the part's own name. */
  readonly expert: ((layer: number, expert: number, part: "gate" | "up" | "down") => string) | null;
}

type Names = Readonly<Record<LayerPart, string>>;

const HF: Names = {
  attentionNorm: "input_layernorm.weight",
  query: "self_attn.q_proj.weight",
  key: "self_attn.k_proj.weight",
  value: "self_attn.v_proj.weight",
  queryBias: "self_attn.q_proj.bias",
  keyBias: "self_attn.k_proj.bias",
  valueBias: "self_attn.v_proj.bias",
  queryNorm: "self_attn.q_norm.weight",
  keyNorm: "self_attn.k_norm.weight",
  output: "self_attn.o_proj.weight",
  outputBias: "self_attn.o_proj.bias",
  attentionPostNorm: "post_attention_layernorm.weight",
  feedForwardNorm: "post_attention_layernorm.weight",
  router: "mlp.gate.weight",
  gate: "mlp.gate_proj.weight",
  up: "mlp.up_proj.weight",
  down: "mlp.down_proj.weight",
  gateBias: "mlp.gate_proj.bias",
  upBias: "mlp.up_proj.bias",
  downBias: "mlp.down_proj.bias",
  feedForwardPostNorm: "post_feedforward_layernorm.weight",
  fusedQkv: "self_attn.qkv_proj.weight",
  fusedGateUp: "mlp.gate_up_proj.weight",
};

const GEMMA_NORMS = {
  attentionPostNorm: "post_attention_layernorm.weight",
  feedForwardNorm: "pre_feedforward_layernorm.weight",
};

/** What stands in front of the names: of the decoder's tensors, and of the output matrix. */
interface Prefix {
  readonly decoder: string;
  readonly head: string;
}

/** The causal language model itself; models that see images too, before and since transformers 4.52; a bare decoder. */
const PREFIXES: readonly Prefix[] = [
  { decoder: "model.", head: "" },
  { decoder: "language_model.model.", head: "language_model." },
  { decoder: "model.language_model.", head: "" },
  { decoder: "", head: "" },
];

const EMBEDDING = "embed_tokens.weight";

/** Names of Hugging Face's checkpoints; which prefixes they have, the tensors' names say. */
export function hfTensorNames({ norms }: TensorLayout, has: (name: string) => boolean): TensorNames {
  const names: Names = norms === "gemma" ? { ...HF, ...GEMMA_NORMS } : HF;
  const { decoder, head } = PREFIXES.find((prefix) => has(prefix.decoder + EMBEDDING)) ?? PREFIXES[0];
  return {
    embedding: decoder + EMBEDDING,
    finalNorm: `${decoder}norm.weight`,
    head: `${head}lm_head.weight`,
    layer: (layer, part) => `${decoder}layers.${layer}.${names[part]}`,
    expert: (layer, expert, part) => `${decoder}layers.${layer}.mlp.experts.${expert}.${part}_proj.weight`,
  };
}

const GGUF: Names = {
  attentionNorm: "attn_norm.weight",
  query: "attn_q.weight",
  key: "attn_k.weight",
  value: "attn_v.weight",
  queryBias: "attn_q.bias",
  keyBias: "attn_k.bias",
  valueBias: "attn_v.bias",
  queryNorm: "attn_q_norm.weight",
  keyNorm: "attn_k_norm.weight",
  output: "attn_output.weight",
  outputBias: "attn_output.bias",
  attentionPostNorm: "post_attention_norm.weight",
  feedForwardNorm: "ffn_norm.weight",
  router: "ffn_gate_inp.weight",
  gate: "ffn_gate.weight",
  up: "ffn_up.weight",
  down: "ffn_down.weight",
  gateBias: "ffn_gate.bias",
  upBias: "ffn_up.bias",
  downBias: "ffn_down.bias",
  feedForwardPostNorm: "post_ffw_norm.weight",
  fusedQkv: "attn_qkv.weight",
  fusedGateUp: "ffn_up.weight",
};

/** Names of GGUF files. The matrices of all experts are one tensor each, "ffn_gate_exps.weight" and so on. */
export const GGUF_TENSOR_NAMES: TensorNames = {
  embedding: "token_embd.weight",
  finalNorm: "output_norm.weight",
  head: "output.weight",
  layer: (layer, part) => `blk.${layer}.${GGUF[part]}`,
  expert: null,
};

/** The tensor of all experts of a layer in a GGUF file. */
export function ggufExperts(layer: number, part: "gate" | "up" | "down"): string {
  return `blk.${layer}.ffn_${part}_exps.weight`;
}
