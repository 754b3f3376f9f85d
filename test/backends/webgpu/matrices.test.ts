import { describe, expect, test } from "vitest";
import {
  downMatrix,
  gateUpMatrix,
  outputMatrix,
  qkvMatrix,
  rotatedOrder,
  routerMatrix,
  vocabularyMatrix,
} from "../../../src/backends/webgpu/matrices.ts";
import { type MatrixPlan, PADDING } from "../../../src/backends/webgpu/packing.ts";
import { randomModel } from "../../../src/testing/index.ts";

const model = randomModel(1, { headDim: 6, hiddenSize: 30, intermediateSize: 37, headCount: 4, kvHeadCount: 2 });
const { config } = model;
const [layer] = model.layers;

const SIZE = { intermediateSize: 37, matrixCount: 1 };

/** Columns as (source, row), "-" for padding. */
function columns({ columnSources, columnRows }: MatrixPlan): string[] {
  return Array.from(columnRows, (row, i) => (row === PADDING ? "-" : `${columnSources[i]}.${row}`));
}

describe("qkvMatrix", () => {
  test("has query heads in rotated pairs, key heads alike, value heads plain, each padded", () => {
    const plan = qkvMatrix(layer, config, 0, { firstHead: 0, headCount: 2 });
    expect(plan.sources).toEqual([layer.query, layer.key, layer.value]);
    expect(columns(plan)).toHaveLength((4 + 2 + 2) * 8);
    expect(columns(plan).slice(8, 16)).toEqual(["0.6", "0.9", "0.7", "0.10", "0.8", "0.11", "-", "-"]);
    expect(columns(plan).slice(40, 48)).toEqual(["1.6", "1.9", "1.7", "1.10", "1.8", "1.11", "-", "-"]);
    expect(columns(plan).slice(56, 64)).toEqual(["2.6", "2.7", "2.8", "2.9", "2.10", "2.11", "-", "-"]);
    expect(Array.from(plan.inputs.subarray(28))).toEqual([28, 29, PADDING, PADDING]);
  });

  test("of some heads has the query heads that share them", () => {
    const plan = qkvMatrix(layer, config, 0, { firstHead: 1, headCount: 1 });
    expect(columns(plan)).toHaveLength((2 + 1 + 1) * 8);
    expect(columns(plan)[0]).toBe("0.12");
    expect(columns(plan)[16]).toBe("1.6");
    expect(columns(plan)[24]).toBe("2.6");
  });
});

test("outputMatrix pads its inputs head by head", () => {
  const plan = outputMatrix(layer, config);
  expect(Array.from(plan.inputs.subarray(0, 10))).toEqual([0, 1, 2, 3, 4, 5, PADDING, PADDING, 6, 7]);
  expect(columns(plan).slice(28)).toEqual(["0.28", "0.29", "-", "-"]);
});

test("gateUpMatrix alternates gate and up", () => {
  const plan = gateUpMatrix(layer, config, SIZE);
  expect(columns(plan).slice(0, 4)).toEqual(["0.0", "1.0", "0.1", "1.1"]);
  expect(columns(plan).slice(72)).toEqual(["0.36", "1.36", "-", "-", "-", "-", "-", "-"]);
});

test("downMatrix and vocabularyMatrix pad both sides", () => {
  expect(Array.from(downMatrix(layer, config, SIZE).inputs.subarray(36))).toEqual([36, PADDING, PADDING, PADDING]);
  const plan = vocabularyMatrix(model.embedding, config);
  expect(columns(plan).slice(96)).toEqual(["0.96", "-", "-", "-"]);
});

test("a head whose first numbers alone are rotated has their pairs first, one without rotation none", () => {
  const ropes = [{ theta: 10_000, dimensions: 4, scaling: null }];
  const layers = [
    { window: null, rope: 0, experts: false },
    { window: null, rope: null, experts: false },
  ];
  expect([...rotatedOrder({ ...config, ropes, layers }, 0)]).toEqual([0, 2, 1, 3, 4, 5, PADDING, PADDING]);
  expect([...rotatedOrder({ ...config, ropes, layers }, 1)]).toEqual([0, 1, 2, 3, 4, 5, PADDING, PADDING]);
});

test("routerMatrix has a column an expert", () => {
  const router = { ...layer.query, shape: [5, 30] };
  expect(columns(routerMatrix(router, config, 5))).toEqual(["0.0", "0.1", "0.2", "0.3", "0.4", "-", "-", "-"]);
});
