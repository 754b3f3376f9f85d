import { expect, test } from "vitest";
import { layerGroups, plainDecoder } from "../src/decoder.ts";

const SIZES = {
  vocabSize: 10,
  hiddenSize: 8,
  intermediateSize: 12,
  headCount: 2,
  kvHeadCount: 1,
  headDim: 4,
  contextLength: 16,
};

test("a plain decoder is a Llama of equal layers; what is given replaces its parts", () => {
  const plain = plainDecoder(3, SIZES);
  expect(plain.layers).toEqual(Array.from({ length: 3 }, () => ({ window: null, rope: 0, experts: false })));
  expect(plain.attentionScale).toBe(0.5);
  expect(plain.ropes).toEqual([{ theta: 10_000, dimensions: 4, scaling: null }]);
  expect(plainDecoder(3, { ...SIZES, queryKeyNorm: true, attentionScale: 1 })).toEqual({
    ...plain,
    queryKeyNorm: true,
    attentionScale: 1,
  });
});

test("layers of equal windows are a group, in the order of first use", () => {
  const layers = [32, null, 32, null, 64].map((window) => ({ window, rope: 0, experts: false }));
  expect(layerGroups({ layers })).toEqual([
    { window: 32, layers: [0, 2] },
    { window: null, layers: [1, 3] },
    { window: 64, layers: [4] },
  ]);
  expect(layerGroups(plainDecoder(2, SIZES))).toEqual([{ window: null, layers: [0, 1] }]);
});
