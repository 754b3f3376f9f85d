import { expect, test } from "vitest";
import { embed } from "../../../src/backends/reference/embedding.ts";
import { matrixOf } from "../../support/numbers.ts";

const table = matrixOf(Float32Array.of(0, 1, 10, 11, 20, 21), 2);

test("takes the rows of the ids", () => {
  const out = new Float64Array(6).fill(-1);
  embed(out, Int32Array.of(2, 0, 9), 2, table, 1);
  expect([...out]).toEqual([20, 21, 0, 1, -1, -1]);
  embed(out, Int32Array.of(1), 1, table, 0.5);
  expect([...out.subarray(0, 2)]).toEqual([5, 5.5]);
});

test.each([3, -1, 0x7fffffff])("asserts that id %i is in the vocabulary", (id) => {
  expect(() => embed(new Float64Array(2), Int32Array.of(id), 1, table, 1)).toThrow(
    `token id ${id} is outside a vocabulary of 3`,
  );
});
