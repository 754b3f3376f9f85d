import { expect, test } from "vitest";
import { type LayerGroup, layerGroups, plainDecoder } from "../src/decoder.ts";

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

const groupsOf = (windows: (number | null)[]): LayerGroup[] => [
  ...layerGroups({ layers: windows.map((window) => ({ window, rope: 0, experts: false })) }),
];

test("layers of equal windows are a group, in the order of first use", () => {
  expect(groupsOf([32, null, 32, null])).toEqual([
    { window: 32, layers: [0, 2] },
    { window: null, layers: [1, 3] },
  ]);
  expect(layerGroups(plainDecoder(2, SIZES))).toEqual([{ window: null, layers: [0, 1] }]);
});

test("a group that is larger than the smallest is cut into parts of about its size", () => {
  expect(groupsOf([32, null, 32, null, 64])).toEqual([
    { window: 32, layers: [0] },
    { window: 32, layers: [2] },
    { window: null, layers: [1] },
    { window: null, layers: [3] },
    { window: 64, layers: [4] },
  ]);
  const gemma3 = groupsOf(Array.from({ length: 26 }, (_, layer) => (layer % 6 === 5 ? null : 512)));
  expect(gemma3.map(({ layers }) => layers.length)).toEqual([4, 4, 3, 4, 4, 3, 4]);
  expect(gemma3.flatMap(({ layers }) => layers).toSorted((a, b) => a - b)).toEqual(
    Array.from({ length: 26 }, (_, i) => i),
  );
});

test("however small the smallest group is, few groups are made", () => {
  const groups = groupsOf(Array.from({ length: 64 }, (_, layer) => (layer === 0 ? null : 512)));
  expect(groups.map(({ layers }) => layers.length)).toEqual([1, 8, 8, 8, 8, 8, 8, 8, 7]);
});
