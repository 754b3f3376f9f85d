import { expect, test } from "vitest";
import type { DecoderConfig } from "../../../src/decoder.ts";
import { InvalidModelError, UnsupportedModelError } from "../../../src/errors.ts";
import { bytesSource, loadGguf, type LoadedModel } from "../../../src/models/index.ts";
import type { Tensor } from "../../../src/model.ts";
import { fileOf } from "../../support/family-cases.ts";
import type { GgufKeys } from "../../support/gguf-files.ts";

type Options = Partial<DecoderConfig>;

function load(
  architecture: string,
  { options = {}, keys = {}, tensors = [] }: { options?: Options; keys?: GgufKeys; tensors?: readonly Tensor[] },
): Promise<LoadedModel> {
  const { bytes } = fileOf({ name: architecture, architecture, seed: 1, options, keys, tensors });
  return loadGguf(bytesSource(bytes), "x.gguf");
}

const table = (name: string): Tensor => {
  const values = Float32Array.of(1, 1, 1, 1, 2, 3, 4, 8);
  return { name, dtype: "F32", shape: [8], bytes: new Uint8Array(values.buffer) };
};
const YARN = { "llama.rope.scaling.type": "yarn", "llama.rope.scaling.factor": { float: 4 } };
const QKV = { qkv: true, output: false, feedForward: false };

test.each<[string, string, Parameters<typeof load>[1]]>([
  ["llama.expert_count 8 is not implemented for llama", "llama", { keys: { "llama.expert_count": 8 } }],
  [
    "qwen3moe.expert_shared_count 1 is not implemented for qwen3moe",
    "qwen3moe",
    {
      options: {
        queryKeyNorm: true,
        experts: { count: 4, perToken: 2, intermediateSize: 32, normalized: true },
        layers: [{ window: null, rope: 0, experts: true }],
      },
      keys: { "qwen3moe.expert_count": 4, "qwen3moe.expert_used_count": 2, "qwen3moe.expert_shared_count": 1 },
    },
  ],
  ["llama.logit_scale 2 is not implemented for llama", "llama", { keys: { "llama.logit_scale": { float: 2 } } }],
  [
    "llama.attention.value_length 32 is not implemented, only llama.attention.key_length, 16",
    "llama",
    { keys: { "llama.attention.value_length": 32 } },
  ],
  [
    "llama.rope.dimension_count 8 is not implemented, only all 16 of a head",
    "llama",
    { options: { ropes: [{ theta: 10_000, dimensions: 8, scaling: null }] } },
  ],
  ["blk.0.attn_q_norm.weight is not implemented for LlamaForCausalLM", "llama", { options: { queryKeyNorm: true } }],
  [
    "rope_freqs.weight beside llama.rope.scaling.type yarn is not implemented, only linear",
    "llama",
    { keys: YARN, tensors: [table("rope_freqs.weight")] },
  ],
  ["is one of 3 parts of a split model; llama-gguf-split --merge joins them", "llama", { keys: { "split.count": 3 } }],
  [`general.type is "adapter", only "model" is implemented`, "llama", { keys: { "general.type": "adapter" } }],
])("refuses what it would lose: %s", async (message, architecture, file) => {
  await expect(load(architecture, file)).rejects.toThrow(new UnsupportedModelError(`x.gguf: ${message}`));
});

test.each<[string, GgufKeys]>([
  [
    "llama.attention.layer_norm_rms_epsilon must be a positive number, it is missing",
    { "llama.attention.layer_norm_rms_epsilon": undefined },
  ],
  ["llama.context_length must be a positive integer, it is missing", { "llama.context_length": undefined }],
  [
    "rope_factors_short.weight is missing, and llama.rope.scaling.type is longrope",
    { "llama.rope.scaling.type": "longrope" },
  ],
])("refuses a file without what it needs: %s", async (message, keys) => {
  await expect(load("llama", { keys })).rejects.toThrow(new InvalidModelError(`x.gguf: ${message}`));
});

test("a window of 0 is none, as Phi-4's files have it", async () => {
  const { model } = await load("phi3", { keys: { "phi3.attention.sliding_window": 0 } });
  expect(model.config.layers.map(({ window }) => window)).toEqual([null, null]);
});

test("Gemma 3 without the key has no windows and one rotary table", async () => {
  const options: Options = {
    norm: { kind: "rms", epsilon: 1e-6, place: "around" },
    queryKeyNorm: true,
    tiedEmbeddings: true,
  };
  const { model } = await load("gemma3", { options });
  expect(model.config.layers).toEqual(new Array(2).fill({ window: null, rope: 0, experts: false }));
});

test("Gemma's windows follow a list of layers, too", async () => {
  const options: Options = { norm: { kind: "rms", epsilon: 1e-6, place: "around" }, tiedEmbeddings: true };
  const keys = { "gemma2.attention.sliding_window": 16, "gemma2.attention.sliding_window_pattern": [0, 1] };
  const { model } = await load("gemma2", { options, keys });
  expect(model.config.layers.map(({ window }) => window)).toEqual([null, 16]);
});

test("biases are those of the file's tensors, whatever the family", async () => {
  for (const [architecture, biases] of [
    ["llama", QKV],
    ["qwen3", { ...QKV, output: true }],
    ["qwen2", { ...QKV, qkv: false }],
  ] as const) {
    const { model } = await load(architecture, { options: { biases, queryKeyNorm: architecture === "qwen3" } });
    expect(model.config.biases).toEqual(biases);
    expect(model.layers[0].queryBias === null).toBe(!biases.qkv);
  }
});
