import { describe, expect, test } from "vitest";
import { InvalidModelError, UnsupportedModelError } from "../../src/errors.ts";
import { decoderFromConfig } from "../../src/families/index.ts";
import { hfTensorNames } from "../../src/families/tensor-names.ts";
import { bytesSource } from "../../src/models/byte-source.ts";
import { TensorReader } from "../../src/models/file-tensors.ts";
import { readSafetensors } from "../../src/models/safetensors.ts";
import { assembleModel } from "../../src/models/weights.ts";
import type { LazyTensor, Model } from "../../src/model.ts";
import { toFloat32 } from "../../src/quantization/index.ts";
import { CONFIG, LAYER_SHAPES, safetensors, tensors, type TensorInput } from "../support/model-files.ts";

async function assemble(
  changes: Record<string, TensorInput | undefined> = {},
  config: object = {},
): Promise<Model<LazyTensor>> {
  const all = Object.entries({ ...tensors(), ...changes }).filter(
    (entry): entry is [string, TensorInput] => entry[1] !== undefined,
  );
  const known = decoderFromConfig({ ...CONFIG, ...config });
  const layout = known.family.layout!;
  const stored = await readSafetensors(bytesSource(safetensors(Object.fromEntries(all))), "model.safetensors");
  return assembleModel({
    file: "weights",
    config: known.config,
    layout,
    names: hfTensorNames(layout, (each) => stored.has(each)),
    tensors: stored,
    reader: new TensorReader(stored.values(), {}),
    interleaved: false,
    normOffset: 0,
    spare: null,
  });
}

test("joins names and fields", async () => {
  const { embedding, layers, finalNorm, head } = await assemble();
  expect([embedding, finalNorm, head].map(({ name, shape }) => [name, shape])).toEqual([
    ["model.embed_tokens.weight", [300, 16]],
    ["model.norm.weight", [16]],
    ["lm_head.weight", [300, 16]],
  ]);
  const fields = ["attentionNorm", "query", "key", "value", "output", "feedForwardNorm", "gate", "up", "down"] as const;
  const expected = Object.entries(LAYER_SHAPES).map(([name, shape]) => [`model.layers.1.${name}.weight`, shape]);
  expect(fields.map((field) => [layers[1][field].name, layers[1][field].shape])).toEqual(expected);
  expect(layers).toHaveLength(2);
});

test.each([
  ["F32", Uint8Array.of(0, 0, 0x80, 0x3f, 0, 0, 0x20, 0xc0)],
  ["F16", Uint8Array.of(0, 0x3c, 0, 0xc1)],
  ["BF16", Uint8Array.of(0x80, 0x3f, 0x20, 0xc0)],
])("reads the numbers of %s", async (dtype, bytes) => {
  const config = {
    vocab_size: 1,
    hidden_size: 2,
    num_attention_heads: 1,
    num_key_value_heads: 1,
    num_hidden_layers: 1,
    intermediate_size: 1,
    tie_word_embeddings: true,
    bos_token_id: 0,
    eos_token_id: 0,
  };
  const shapes = {
    input_layernorm: [2],
    "self_attn.q_proj": [2, 2],
    "self_attn.k_proj": [2, 2],
    "self_attn.v_proj": [2, 2],
    "self_attn.o_proj": [2, 2],
    post_attention_layernorm: [2],
    "mlp.gate_proj": [1, 2],
    "mlp.up_proj": [1, 2],
    "mlp.down_proj": [2, 1],
  };
  const layer = Object.entries(shapes).map(([name, shape]) => [`model.layers.0.${name}.weight`, { dtype, shape }]);
  const changes = Object.fromEntries([
    ...layer,
    ["model.norm.weight", { dtype, shape: [2] }],
    ["model.embed_tokens.weight", { dtype, shape: [1, 2], bytes }],
  ]);
  const { embedding } = await assemble(changes, config);
  expect([...toFloat32({ ...embedding, bytes: await embedding.read() })]).toEqual([1, -2.5]);
});

test("tied embeddings are one tensor, whatever the file says about the head", async () => {
  const tied = { tie_word_embeddings: true };
  const without = await assemble({ "lm_head.weight": undefined }, tied);
  expect(without.head).toBe(without.embedding);
  const beside = await assemble({}, tied);
  expect(beside.head).toBe(beside.embedding);
});

test("leaves out tensors that no weight needs, whatever their type", async () => {
  const model = await assemble({
    "model.layers.0.self_attn.rotary_emb.inv_freq": { dtype: "F32", shape: [2] },
    "model.position_ids": { dtype: "I64", shape: [1, 8] },
  });
  expect(JSON.stringify(Object.keys(model))).not.toContain("inv_freq");
});

describe("refuses", () => {
  test.each(Object.keys(tensors()))("a model without %s", async (name) => {
    const message =
      name === "lm_head.weight"
        ? "weights: lm_head.weight is missing, and config.json does not set tie_word_embeddings"
        : `weights: ${name} is missing among the weights`;
    await expect(assemble({ [name]: undefined })).rejects.toThrow(new InvalidModelError(message));
  });

  test.each<[string, number[], string]>([
    [
      "model.layers.1.mlp.up_proj.weight",
      [16, 24],
      "weights: model.layers.1.mlp.up_proj.weight has shape [16, 24], the configuration implies [24, 16]",
    ],
    [
      "model.layers.0.self_attn.k_proj.weight",
      [16, 16],
      "weights: model.layers.0.self_attn.k_proj.weight has shape [16, 16], the configuration implies [8, 16]",
    ],
    [
      "model.embed_tokens.weight",
      [299, 16],
      "weights: model.embed_tokens.weight has shape [299, 16], the configuration implies [300, 16]",
    ],
    ["model.norm.weight", [16, 1], "weights: model.norm.weight has shape [16, 1], the configuration implies [16]"],
    ["lm_head.weight", [4800], "weights: lm_head.weight has shape [4800], the configuration implies [300, 16]"],
  ])("%s of shape %j", async (name, shape, message) => {
    await expect(assemble({ [name]: { dtype: "F32", shape } })).rejects.toThrow(new InvalidModelError(message));
  });

  test("a dtype that nothing computes with", async () => {
    const changes = { "model.norm.weight": { dtype: "I64", shape: [16] } };
    await expect(assemble(changes)).rejects.toThrow(
      new UnsupportedModelError(
        "weights: model.norm.weight has type I64, only F32, F16, BF16, Q8_0, Q4_0, Q4_1, Q5_0, Q5_1, IQ4_NL, Q2_K, Q3_K, Q4_K, Q5_K, Q6_K are implemented",
      ),
    );
  });

  test("more layers than there are, at the first that is missing", async () => {
    await expect(assemble({}, { num_hidden_layers: 4096 })).rejects.toThrow(
      new InvalidModelError("weights: model.layers.2.input_layernorm.weight is missing among the weights"),
    );
  });
});
