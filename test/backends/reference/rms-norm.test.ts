import { expect, test } from "vitest";
import { rmsNorm } from "../../../src/backends/reference/rms-norm.ts";
import { numbers, rowOf, weights } from "../../support/numbers.ts";

test("divides by the root of the mean square and multiplies by the weight", () => {
  const out = new Float64Array(2);
  rmsNorm(out, Float64Array.of(3, 4), Float32Array.of(1, 2), 1, 0);
  expect([...out]).toEqual([3, 8].map((value) => expect.closeTo(value / Math.sqrt(12.5), 14)));
});

test("each row has its own norm; epsilon keeps a row of zeros at zero", () => {
  const [size, x, weight] = [5, numbers(15, 1), weights(5, 2)];
  x.fill(0, 5, 10);
  const out = new Float64Array(15).fill(9);
  rmsNorm(out, x, weight, 3, 1e-5);
  for (const row of [0, 1, 2]) {
    const values = rowOf(x, row, size);
    const root = Math.hypot(...values, Math.sqrt(size * 1e-5)) / Math.sqrt(size);
    expect(rowOf(out, row, size)).toEqual(values.map((value, i) => expect.closeTo((value * weight[i]) / root, 12)));
  }
});
