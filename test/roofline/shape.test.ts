import { expect, test } from "vitest";
import { AssertionError } from "../../src/assert.ts";
import { headWeights, layerCount, layerMatrixWeights, modelNamed, parameterCount } from "../../src/roofline/index.ts";

const llama = modelNamed("llama-7b");

test("Llama-7B by hand: 4 square matrices, 3 of the feed-forward, 2 norms a layer; embedding, head, last norm", () => {
  expect(layerMatrixWeights(llama)).toBe(4 * 4096 ** 2 + 3 * 4096 * 11008);
  expect(headWeights(llama)).toBe(32000 * 4096);
  expect(parameterCount(llama)).toBe(32 * (layerMatrixWeights(llama) + 2 * 4096) + 2 * headWeights(llama) + 4096);
});

test("layers of all kinds count", () => expect(layerCount(modelNamed("gemma-2-2b"))).toBe(26));

test("biases, LayerNorm, query and key norms and learned positions count", () => {
  const base = parameterCount(llama);
  expect(parameterCount({ ...llama, biases: { qkv: true, output: false, feedForward: false } }) - base).toBe(
    32 * 3 * 4096,
  );
  expect(parameterCount({ ...llama, biases: { qkv: false, output: true, feedForward: true } }) - base).toBe(
    32 * (4096 + 2 * 11008 + 4096),
  );
  expect(parameterCount({ ...llama, normVectors: 2 }) - base).toBe(65 * 4096);
  expect(parameterCount({ ...llama, queryKeyNorm: true }) - base).toBe(32 * 2 * 128);
  expect(parameterCount({ ...llama, positionEmbeddings: 10 }) - base).toBe(10 * 4096);
  expect(base - parameterCount({ ...llama, tiedEmbeddings: true })).toBe(headWeights(llama));
});

test("a shape that is none is a programmer's error", () => {
  expect(() => parameterCount({ ...llama, hiddenSize: 0.3 })).toThrow(AssertionError);
});
