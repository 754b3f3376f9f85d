import { describe, expect, test } from "vitest";
import { Forward } from "../../../src/backends/reference/forward.ts";
import { KvStore } from "../../../src/backends/reference/kv-store.ts";
import { layerGroups } from "../../../src/decoder.ts";
import type { Model, Tensor } from "../../../src/model.ts";
import { toFloat32 } from "../../../src/quantization/index.ts";
import { ropeInverseFrequencies } from "../../../src/rope.ts";
import { makePlan, randomModel } from "../../../src/testing/index.ts";
import { distance, dot, rowOf } from "../../support/numbers.ts";

type Vector = readonly number[];

/** Matrix (or list of rows) times vector. */
function times(matrix: Tensor, x: Vector): number[] {
  const values = toFloat32(matrix);
  return Array.from({ length: matrix.shape[0] }, (_, row) => dot(rowOf(values, row, x.length), x));
}

function normed(x: Vector, weight: Tensor, epsilon: number): number[] {
  const scale = Math.sqrt(dot(x, x) / x.length + epsilon);
  return x.map((value, i) => (value / scale) * toFloat32(weight)[i]);
}

/** Turns one head as complex numbers: (low + i·high)·exp(i·angle). */
function turned(head: Vector, position: number, frequencies: ArrayLike<number>): number[] {
  const half = head.length / 2;
  const angle = (i: number): number => position * frequencies[i % half];
  return head.map(
    (value, i) => value * Math.cos(angle(i)) + (i < half ? -head[i + half] : head[i - half]) * Math.sin(angle(i)),
  );
}

/** Logits after each token of one sequence: no cache, no blocks, every position computed against every earlier one. */
function naiveLogits({ config, embedding, layers, finalNorm, head }: Model, tokenIds: Vector): number[][] {
  const { hiddenSize, headCount, kvHeadCount, headDim } = config;
  const { epsilon } = config.norm;
  const frequencies = ropeInverseFrequencies(config.ropes[0]);
  let hidden = tokenIds.map((id) => rowOf(toFloat32(embedding), id, hiddenSize));
  for (const layer of layers) {
    const inputs = hidden.map((x) => normed(x, layer.attentionNorm, epsilon));
    const heads = (matrix: Tensor, count: number, turn: boolean): number[][][] =>
      inputs.map((x, position) => {
        const flat = times(matrix, x);
        const split = Array.from({ length: count }, (_, h) => rowOf(flat, h, headDim));
        return turn ? split.map((each) => turned(each, position, frequencies)) : split;
      });
    const [queries, keys, values] = [
      heads(layer.query, headCount, true),
      heads(layer.key, kvHeadCount, true),
      heads(layer.value, kvHeadCount, false),
    ];
    hidden = hidden.map((x, t) => {
      const attended = queries[t].flatMap((query, h) => {
        const g = Math.floor(h / (headCount / kvHeadCount));
        const weights = keys.slice(0, t + 1).map((key) => Math.exp(dot(query, key[g]) / Math.sqrt(headDim)));
        const total = weights.reduce((a, b) => a + b);
        return query.map(
          (_, d) =>
            dot(
              weights,
              values.slice(0, t + 1).map((value) => value[g][d]),
            ) / total,
        );
      });
      const branch = times(layer.output, attended);
      return x.map((value, i) => value + branch[i]);
    });
    hidden = hidden.map((x) => {
      const input = normed(x, layer.feedForwardNorm, epsilon);
      const [gate, up] = [times(layer.gate, input), times(layer.up, input)];
      const branch = times(
        layer.down,
        gate.map((value, i) => (value / (1 + Math.exp(-value))) * up[i]),
      );
      return x.map((value, i) => value + branch[i]);
    });
  }
  return hidden.map((x) => times(head, normed(x, finalNorm, epsilon)));
}

const STORE = { blockSize: 4, headDim: 8, type: "f64" } as const;
const TOKENS = [3, 14, 15, 92, 65, 35, 8];

describe("Forward", () => {
  test.each([
    ["grouped heads", randomModel(1)],
    ["one key head for all, three layers", randomModel(2, { kvHeadCount: 1, layerCount: 3 })],
    ["as many key heads as heads, tied embeddings", randomModel(3, { kvHeadCount: 4, tiedEmbeddings: true })],
    [
      "scaled frequencies",
      randomModel(4, { ropes: [{ theta: 10_000, dimensions: 8, scaling: { kind: "linear", factor: 4 } }] }),
    ],
  ])("is the transformer of the formulas: %s", (_, model) => {
    const { config } = model;
    const groups = layerGroups(config);
    const store = new KvStore({ ...STORE, layerCount: config.layers.length, kvHeadCount: config.kvHeadCount }, 5);
    const forward = new Forward(model, groups, store, 4);
    const [expected, logits] = [naiveLogits(model, TOKENS), new Float64Array(config.vocabSize)];
    for (const [first, end] of [
      [0, 4],
      [4, 5],
      [5, 7],
    ]) {
      const plan = makePlan(0, 4, [
        { slot: 0, tokenIds: TOKENS.slice(first, end), position: first, tables: [[5, 2]], sampled: [] },
      ]);
      forward.run(plan, plan.tokenIds);
      for (let row = 0; row < end - first; row++) {
        forward.logits(logits, row);
        expect(distance(logits, expected[first + row])).toBeLessThan(1e-11);
      }
    }
  });

  test("layers of two groups follow each its own table and window", () => {
    const model = randomModel(5, { layerCount: 4 });
    const store = new KvStore({ ...STORE, layerCount: 2, kvHeadCount: 2 }, 9);
    const nothing = new Float64Array(16).fill(Number.NaN);
    for (let slot = 0; slot < 40; slot++) {
      for (const layer of [0, 1]) store.writeToken(slot, layer, nothing, nothing, 0);
    }
    const logitsWith = (window: number): Float64Array => {
      const groups = [
        { window: null, layers: [0, 2] },
        { window, layers: [1, 3] },
      ];
      const forward = new Forward(model, groups, store, 8);
      const plan = makePlan(0, 4, [
        {
          slot: 0,
          tokenIds: TOKENS,
          position: 0,
          tables: [
            [5, 2],
            [9, 1],
          ],
          sampled: [],
        },
      ]);
      forward.run(plan, plan.tokenIds);
      const logits = new Float64Array(model.config.vocabSize);
      forward.logits(logits, TOKENS.length - 1);
      return logits;
    };
    expect(distance(logitsWith(100), naiveLogits(model, TOKENS).at(-1)!)).toBeLessThan(1e-11);
    expect(distance(logitsWith(2), naiveLogits(model, TOKENS).at(-1)!)).toBeGreaterThan(1e-3);
  });

  test("asserts that heads divide and that each layer has a group", () => {
    const store = new KvStore({ ...STORE, layerCount: 2, kvHeadCount: 3 }, 1);
    const uneven = randomModel(1, { kvHeadCount: 3 });
    expect(() => new Forward(uneven, layerGroups(uneven.config), store, 1)).toThrow(
      "4 heads do not share 3 key heads evenly",
    );
    expect(() => new Forward(randomModel(1), [{ window: null, layers: [0] }], store, 1)).toThrow(
      "layer 1 is in no group",
    );
  });
});
