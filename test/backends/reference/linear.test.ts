import { describe, expect, test } from "vitest";
import { linear } from "../../../src/backends/reference/linear.ts";
import { Matrix } from "../../../src/backends/reference/matrix.ts";
import { toFloat32 } from "../../../src/quantization/index.ts";
import { randomModel } from "../../../src/testing/index.ts";
import { distance, dot, matrixOf, numbers, rowOf, weights } from "../../support/numbers.ts";

describe("linear", () => {
  test.each([
    [1, 1, 1],
    [3, 4, 7],
    [2, 5, 8],
    [1, 7, 33],
    [5, 12, 3],
  ])("%i rows to %i outputs of %i inputs: dot products", (rows, outSize, inSize) => {
    const [x, weight, out] = [
      numbers(rows * inSize, 1),
      weights(outSize * inSize, 2),
      new Float64Array(rows * outSize),
    ];
    linear(out, x, matrixOf(weight, inSize), rows);
    const expected = Array.from({ length: rows * outSize }, (_, i) =>
      dot(rowOf(x, Math.floor(i / outSize), inSize), rowOf(weight, i % outSize, inSize)),
    );
    expect(distance(out, expected)).toBeLessThan(1e-14);
  });

  test("a row is the same bits whatever rows are beside it", () => {
    const [rows, outSize, inSize] = [6, 11, 37];
    const [x, weight, out, alone] = [
      numbers(rows * inSize, 3),
      weights(outSize * inSize, 4),
      new Float64Array(rows * outSize),
      new Float64Array(outSize),
    ];
    linear(out, x, matrixOf(weight, inSize), rows);
    for (let row = 0; row < rows; row++) {
      linear(alone, x.subarray(row * inSize), matrixOf(weight, inSize), 1);
      expect([...alone]).toEqual(rowOf(out, row, outSize));
    }
  });

  test("writes the counted rows only", () => {
    const out = new Float64Array(4).fill(9);
    linear(out, numbers(6, 1), matrixOf(weights(4, 1), 2), 1);
    expect([...out.subarray(2)]).toEqual([9, 9]);
  });

  test("a range of rows is a matrix of its own: one expert's", () => {
    const [x, weight] = [numbers(12, 5), matrixOf(weights(9 * 4, 6), 4)];
    const [all, part] = [new Float64Array(3 * 9), new Float64Array(3 * 5)];
    linear(all, x, weight, 3);
    linear(part, x, weight, 3, { first: 3, count: 5 });
    expect([...part]).toEqual([0, 1, 2].flatMap((row) => rowOf(all, row, 9).slice(3, 8)));
  });

  test("blocks give the bits of their numbers as float32", () => {
    const { embedding } = randomModel(1, { dtype: "Q4_0" });
    const [x, blocks, floats] = [numbers(2 * 32, 7), new Float64Array(2 * 97), new Float64Array(2 * 97)];
    linear(blocks, x, new Matrix(embedding), 2);
    linear(floats, x, matrixOf(toFloat32(embedding), 32), 2);
    expect(blocks).toEqual(floats);
  });
});
