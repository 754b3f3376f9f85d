import { expect, test } from "vitest";
import { LLAMA_LAYOUT } from "../../src/families/family.ts";
import { GGUF_TENSOR_NAMES, ggufExperts, hfTensorNames } from "../../src/families/tensor-names.ts";

test("Hugging Face's names, with the norms of each kind of layout", () => {
  const has = (prefix: string) => (name: string) => name === `${prefix}embed_tokens.weight`;
  const llama = hfTensorNames(LLAMA_LAYOUT, has("model."));
  const gemma = hfTensorNames({ ...LLAMA_LAYOUT, norms: "gemma" }, has("language_model.model."));
  expect(llama.layer(3, "feedForwardNorm")).toBe("model.layers.3.post_attention_layernorm.weight");
  expect(gemma.layer(3, "feedForwardNorm")).toBe("language_model.model.layers.3.pre_feedforward_layernorm.weight");
  expect(gemma.layer(3, "attentionPostNorm")).toBe("language_model.model.layers.3.post_attention_layernorm.weight");
  expect(llama.expert!(1, 7, "down")).toBe("model.layers.1.mlp.experts.7.down_proj.weight");
});

test.each([
  ["model.", "lm_head.weight"],
  ["language_model.model.", "language_model.lm_head.weight"],
  ["model.language_model.", "lm_head.weight"],
  ["", "lm_head.weight"],
])("behind %j", (prefix, head) => {
  const names = hfTensorNames(LLAMA_LAYOUT, (name) => name === `${prefix}embed_tokens.weight`);
  expect(names).toMatchObject({ embedding: `${prefix}embed_tokens.weight`, finalNorm: `${prefix}norm.weight`, head });
  expect(names.layer(0, "query")).toBe(`${prefix}layers.0.self_attn.q_proj.weight`);
});

test("a file without an embedding is told the usual name", () =>
  expect(hfTensorNames(LLAMA_LAYOUT, () => false).embedding).toBe("model.embed_tokens.weight"));

test("GGUF's names", () => {
  expect(GGUF_TENSOR_NAMES.layer(2, "query")).toBe("blk.2.attn_q.weight");
  expect(GGUF_TENSOR_NAMES.expert).toBeNull();
  expect(ggufExperts(2, "up")).toBe("blk.2.ffn_up_exps.weight");
});
