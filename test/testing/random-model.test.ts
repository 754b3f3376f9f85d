import { describe, expect, test } from "vitest";
import type { LayerWeights, Tensor } from "../../src/model.ts";
import { toFloat32 } from "../../src/quantization/index.ts";
import { randomModel } from "../../src/testing/index.ts";

function tensorsOf(layer: LayerWeights): Tensor[] {
  return Object.values(layer).filter((tensor: Tensor | null) => tensor !== null);
}

describe("randomModel", () => {
  test("is the same for the same seed, and another for another", () => {
    expect(randomModel(1)).toEqual(randomModel(1));
    expect(randomModel(2).layers[0].gate.bytes).not.toEqual(randomModel(1).layers[0].gate.bytes);
  });

  test("has tensors of the shapes of its configuration", () => {
    const { config, embedding, layers, finalNorm, head } = randomModel(1, {
      layerCount: 3,
      kvHeadCount: 1,
      vocabSize: 11,
    });
    expect([layers.length, config.kvHeadCount]).toEqual([3, 1]);
    expect([embedding.shape, head.shape, finalNorm.shape]).toEqual([[11, 32], [11, 32], [32]]);
    const { attentionNorm, query, key, value, output, gate, up, down } = layers[2];
    expect([query, key, value, output].map(({ shape }) => shape)).toEqual([
      [32, 32],
      [8, 32],
      [8, 32],
      [32, 32],
    ]);
    expect([gate, up, down, attentionNorm].map(({ shape }) => shape)).toEqual([[44, 32], [44, 32], [32, 44], [32]]);
    for (const { bytes, shape } of tensorsOf(layers[0])) expect(bytes.length).toBe(4 * shape.reduce((a, b) => a * b));
  });

  test("no two tensors have the same numbers", () => {
    const { embedding, layers, head } = randomModel(1);
    const firsts = [embedding, head, ...layers.flatMap(tensorsOf)].map((tensor) => toFloat32(tensor)[0]);
    expect(new Set(firsts).size).toBe(firsts.length);
  });

  test("ties embeddings, and pairs of output rows, where asked", () => {
    const tied = randomModel(1, { tiedEmbeddings: true });
    expect(tied.head).toBe(tied.embedding);
    const { head } = randomModel(1, { tiedLogits: true });
    const row = (id: number): Uint8Array => head.bytes.subarray(id * 128, id * 128 + 128);
    expect(row(7)).toEqual(row(6));
    expect(row(8)).not.toEqual(row(7));
    expect(row(96)).toEqual(randomModel(1).head.bytes.subarray(96 * 128));
  });
});
