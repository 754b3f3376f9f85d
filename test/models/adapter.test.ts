import { describe, expect, test } from "vitest";
import { InvalidModelError, UnsupportedModelError } from "../../src/errors.ts";
import { loadAdapter } from "../../src/models/adapter.ts";
import type { Adapter } from "../../src/model.ts";
import { randomModel } from "../../src/testing/index.ts";
import { json, safetensors, type TensorInput } from "../support/model-files.ts";

const { config } = randomModel(1); // 2 layers, hidden 32, 4 query heads and 2 KV heads of 8
const name = (layer: number, rest: string): string => `base_model.model.model.layers.${layer}.${rest}.weight`;

const TENSORS: Readonly<Record<string, TensorInput>> = {
  [name(0, "self_attn.q_proj.lora_A")]: { dtype: "F32", shape: [4, 32] },
  [name(0, "self_attn.q_proj.lora_B")]: { dtype: "F32", shape: [32, 4] },
  [name(1, "self_attn.v_proj.lora_A")]: { dtype: "BF16", shape: [4, 32] },
  [name(1, "self_attn.v_proj.lora_B")]: { dtype: "BF16", shape: [16, 4] },
};

function load(
  settings: object = {},
  changes: Readonly<Record<string, TensorInput | undefined>> = {},
): Promise<Adapter> {
  const tensors = Object.entries({ ...TENSORS, ...changes }).filter(
    (entry): entry is [string, TensorInput] => entry[1] !== undefined,
  );
  const files: Record<string, Uint8Array> = {
    "adapter_config.json": json({ peft_type: "LORA", r: 4, lora_alpha: 8, ...settings }),
    "adapter_model.safetensors": safetensors(Object.fromEntries(tensors)),
  };
  return loadAdapter("tiny", (file) => Promise.resolve(files[file] ?? null), config);
}

test("reads the pairs of each layer, and the scale alpha / r", async () => {
  const { scale, layers } = await load();
  expect(scale).toBe(2);
  expect(
    layers.map((layer) => Object.entries(layer).map(([part, { a, b }]) => [part, a.shape, b.shape, a.dtype])),
  ).toEqual([[["query", [4, 32], [32, 4], "F32"]], [["value", [4, 32], [16, 4], "BF16"]]]);
  expect((await load({ use_rslora: true })).scale).toBe(4);
});

describe("refuses", () => {
  test.each<[string, object, Readonly<Record<string, TensorInput | undefined>>, string]>([
    [
      "half a pair",
      {},
      { [name(0, "self_attn.q_proj.lora_B")]: undefined },
      "adapter_model.safetensors: the query of layer 0 has only lora_A",
    ],
    [
      "another shape",
      {},
      { [name(0, "self_attn.q_proj.lora_B")]: { dtype: "F32", shape: [16, 4] } },
      `adapter_model.safetensors: ${name(0, "self_attn.q_proj.lora_B")} has shape [16, 4], model and rank imply [32, 4]`,
    ],
    [
      "a layer that is not there",
      {},
      { [name(2, "self_attn.q_proj.lora_A")]: { dtype: "F32", shape: [4, 32] } },
      `adapter_model.safetensors: ${name(2, "self_attn.q_proj.lora_A")} is of layer 2, the model has 2`,
    ],
    ["a rank over the limit", { r: 65 }, {}, "adapter_config.json: r must be at most 64, got 65"],
  ])("%s", async (_, settings, changes, message) => {
    await expect(load(settings, changes)).rejects.toThrow(new InvalidModelError(message));
  });

  test.each<[string, object, Readonly<Record<string, TensorInput>>, string]>([
    ["another kind", { peft_type: "IA3" }, {}, 'adapter_config.json: peft_type "IA3" is not implemented, only LORA'],
    ["DoRA", { use_dora: true }, {}, "adapter_config.json: use_dora true is not implemented, only false"],
    [
      "another place",
      {},
      { "base_model.model.lm_head.lora_A.weight": { dtype: "F32", shape: [4, 32] } },
      "base_model.model.lm_head.lora_A.weight is at no place that is implemented",
    ],
  ])("%s by name", async (_, settings, changes, message) => {
    const refused = load(settings, changes);
    await expect(refused).rejects.toBeInstanceOf(UnsupportedModelError);
    await expect(refused).rejects.toThrow(message);
  });
});
