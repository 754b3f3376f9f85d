import { describe, expect, test } from "vitest";
import { linear } from "../../../src/backends/reference/linear.ts";
import { distance, dot, numbers, rowOf, weights } from "../../support/numbers.ts";

describe("linear", () => {
  test.each([[1, 1, 1], [3, 4, 7], [2, 5, 8], [1, 7, 33], [5, 12, 3]])("%i rows to %i outputs of %i inputs: dot products", (rows, outSize, inSize) => {
    const [x, weight, out] = [numbers(rows * inSize, 1), weights(outSize * inSize, 2), new Float64Array(rows * outSize)];
    linear(out, x, weight, rows, outSize, inSize);
    const expected = Array.from({ length: rows * outSize }, (_, i) =>
      dot(rowOf(x, Math.floor(i / outSize), inSize), rowOf(weight, i % outSize, inSize)),
    );
    expect(distance(out, expected)).toBeLessThan(1e-14);
  });

  test("a row is the same bits whatever rows are beside it", () => {
    const [rows, outSize, inSize] = [6, 11, 37];
    const [x, weight, out, alone] = [numbers(rows * inSize, 3), weights(outSize * inSize, 4), new Float64Array(rows * outSize), new Float64Array(outSize)];
    linear(out, x, weight, rows, outSize, inSize);
    for (let row = 0; row < rows; row++) {
      linear(alone, x.subarray(row * inSize), weight, 1, outSize, inSize);
      expect([...alone]).toEqual(rowOf(out, row, outSize));
    }
  });

  test("writes the counted rows only", () => {
    const out = new Float64Array(4).fill(9);
    linear(out, numbers(6, 1), weights(4, 1), 1, 2, 2);
    expect([...out.subarray(2)]).toEqual([9, 9]);
  });
});
