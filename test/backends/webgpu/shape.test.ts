import { expect, test } from "vitest";
import { shapeOf, vectors } from "../../../src/backends/webgpu/shape.ts";
import { randomModel } from "../../../src/testing/index.ts";

test("sizes are counted in whole vectors, heads one by one", () => {
  const { config } = randomModel(1, {
    hiddenSize: 30,
    intermediateSize: 37,
    headDim: 6,
    headCount: 6,
    kvHeadCount: 3,
    vocabSize: 97,
  });
  expect(shapeOf(config)).toEqual({
    hidden: 8,
    head: 2,
    headCount: 6,
    kvHeadCount: 3,
    sharing: 2,
    queries: 12,
    intermediate: 10,
    expertIntermediate: 0,
    experts: 0,
    vocabulary: 25,
  });
});

test("experts have rows of their own", () => {
  const { config } = randomModel(1, { experts: { count: 6, perToken: 2, intermediateSize: 13, normalized: true } });
  expect(shapeOf(config)).toMatchObject({ expertIntermediate: 4, experts: 2 });
});

test("vectors rounds up", () => expect([0, 1, 4, 5].map(vectors)).toEqual([0, 1, 1, 2]));
