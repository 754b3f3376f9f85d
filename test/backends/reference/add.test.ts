import { expect, test } from "vitest";
import { add, addBias } from "../../../src/backends/reference/add.ts";

test("adds the counted numbers in place", () => {
  const x = Float64Array.of(1, 2, 3);
  add(x, Float64Array.of(10, 20, 30), 2);
  expect([...x]).toEqual([11, 22, 3]);
});

test("adds a share of them", () => {
  const x = Float64Array.of(1, 2);
  add(x, Float64Array.of(10, 20), 2, 0.5);
  expect([...x]).toEqual([6, 12]);
});

test("adds a bias to the counted rows", () => {
  const x = Float64Array.of(1, 2, 3, 4, 5, 6);
  addBias(x, Float32Array.of(10, 20), 2);
  expect([...x]).toEqual([11, 22, 13, 24, 5, 6]);
});
