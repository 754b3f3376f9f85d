import { expect, test } from "vitest";
import { widen } from "../../../src/backends/reference/weights.ts";
import { randomModel } from "../../../src/testing/index.ts";

test("widens every tensor to float32, by the model's names", () => {
  const model = randomModel(1);
  const wide = widen(model);
  expect(wide.layers.length).toBe(2);
  expect(Object.keys(wide.layers[0])).toEqual(Object.keys(model.layers[0]));
  expect(new Uint8Array(wide.layers[1].gate.buffer)).toEqual(model.layers[1].gate.bytes);
  expect(wide.head).not.toBe(wide.embedding);
});

test("16-bit weights are widened by their kind", () => {
  const model = randomModel(1);
  const finalNorm = { ...model.finalNorm, dtype: "BF16" as const, bytes: Uint8Array.of(0x80, 0x3f, 0x00, 0xc0) };
  expect([...widen({ ...model, finalNorm }).finalNorm]).toEqual([1, -2]);
});

test("a tied head is the embedding itself", () => {
  const wide = widen(randomModel(1, { tiedEmbeddings: true }));
  expect(wide.head).toBe(wide.embedding);
});
