import { linear } from "../../../src/backends/reference/linear.ts";
import { Matrix } from "../../../src/backends/reference/matrix.ts";
import type { Suite } from "../../bench.ts";

/** The feed-forward matrix of a small model, for one decode and for a chunk. */
const OUT_SIZE = 352;
const IN_SIZE = 128;

export default function (suite: Suite): void {
  for (const rows of [1, 16]) {
    const x = new Float64Array(rows * IN_SIZE).map((_, i) => Math.sin(i));
    const weight = new Float32Array(OUT_SIZE * IN_SIZE).map((_, i) => Math.cos(i));
    const out = new Float64Array(rows * OUT_SIZE);
    const [four, one] = [`linear, ${rows} x ${IN_SIZE} -> ${OUT_SIZE}`, `the same, one output at a time, ${rows} rows`];
    const matrix = new Matrix({
      name: "gate",
      dtype: "F32",
      shape: [OUT_SIZE, IN_SIZE],
      bytes: new Uint8Array(weight.buffer),
    });
    suite.add(four, () => linear(out, x, matrix, rows));
    suite.add(one, () => oneAtATime(out, x, weight, rows));
    suite.ratio(`one at a time / four, ${rows} rows`, one, four);
  }
}

function oneAtATime(out: Float64Array, x: Float64Array, weight: Float32Array, rows: number): void {
  for (let n = 0; n < OUT_SIZE; n++) {
    for (let row = 0; row < rows; row++) {
      const [input, start] = [row * IN_SIZE, n * IN_SIZE];
      let sum = 0;
      for (let k = 0; k < IN_SIZE; k++) sum += x[input + k] * weight[start + k];
      out[row * OUT_SIZE + n] = sum;
    }
  }
}
