import { expect, test } from "vitest";
import { Matrix, ROWS_AT_A_TIME } from "../../../src/backends/reference/matrix.ts";
import { DTYPES, FORMATS, toFloat32 } from "../../../src/quantization/index.ts";
import { randomModel } from "../../../src/testing/index.ts";

test.each(DTYPES)("rows of %s are those of the whole tensor, and blocks are not kept as floats", (dtype) => {
  const { gate } = randomModel(1, { dtype, hiddenSize: 256, intermediateSize: 256, headDim: 64 }).layers[1];
  const [matrix, numbers] = [new Matrix(gate), toFloat32(gate)];
  expect([matrix.rows, matrix.columns]).toEqual([256, 256]);
  for (const [first, count] of [
    [0, 4],
    [9, 1],
    [252, 4],
  ]) {
    matrix.load(first, count);
    expect(matrix.data.slice(matrix.at, matrix.at + count * 256)).toEqual(
      numbers.slice(first * 256, (first + count) * 256),
    );
  }
  expect(matrix.data.length).toBe((FORMATS[dtype].blockSize === 1 ? 256 : ROWS_AT_A_TIME) * 256);
});
