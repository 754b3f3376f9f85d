import { expect, test } from "vitest";
import { Matrix } from "../../../src/backends/reference/matrix.ts";
import { openWeights } from "../../../src/backends/reference/weights.ts";
import { randomModel } from "../../../src/testing/index.ts";

test("opens matrices and vectors by the model's names; what a decoder has not stays null", () => {
  const model = randomModel(1, { queryKeyNorm: true });
  const { layers, head, embedding } = openWeights(model);
  expect(Object.keys(layers[0])).toEqual(Object.keys(model.layers[0]));
  expect(layers[1].gate).toBeInstanceOf(Matrix);
  expect(layers[1].queryNorm).toBeInstanceOf(Float32Array);
  expect([layers[0].router, layers[0].queryBias, layers[0].feedForwardPostNorm]).toEqual([null, null, null]);
  expect(head).not.toBe(embedding);
});

test("16-bit weights are widened by their kind", () => {
  const model = randomModel(1);
  const finalNorm = {
    ...model.finalNorm,
    dtype: "BF16" as const,
    shape: [2],
    bytes: Uint8Array.of(0x80, 0x3f, 0x00, 0xc0),
  };
  expect([...openWeights({ ...model, finalNorm }).finalNorm]).toEqual([1, -2]);
});

test("a tied head is the embedding's matrix", () => {
  const { head, embedding } = openWeights(randomModel(1, { tiedEmbeddings: true }));
  expect(head).toBe(embedding);
});
