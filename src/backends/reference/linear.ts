import { type Matrix, ROWS_AT_A_TIME } from "./matrix.ts";

/** Rows [first, first + count) of a matrix: all of it, or one expert's. */
export interface RowRange {
  readonly first: number;
  readonly count: number;
}

/**
 * out = x · weightᵀ: out [rows, range.count], x [rows, weight.columns], weight [.., columns] of which `range` is used.
 *
 * Every number of `out` is one accumulator over ascending k, however many rows there are: a token's result does not
 * depend on what shares its step. Four outputs at a time, because their four chains of additions overlap: 1.4 times
 * as fast as one at a time on a busy machine, twice on an idle one (bench/backends/reference/linear.bench.ts).
 */
export function linear(
  out: Float64Array,
  x: Float64Array,
  weight: Matrix,
  rows: number,
  range: RowRange = { first: 0, count: weight.rows },
): void {
  const { columns, data } = weight;
  const inputs = weight.inputs(x, rows);
  for (let n = 0; n < range.count; n += ROWS_AT_A_TIME) {
    const loaded = Math.min(ROWS_AT_A_TIME, range.count - n);
    weight.load(range.first + n, loaded);
    const w = weight.at;
    for (let row = 0; row < rows; row++) {
      const o = row * range.count + n;
      if (loaded === ROWS_AT_A_TIME) dotFour(out, o, inputs, row * columns, data, w, columns);
      else for (let i = 0; i < loaded; i++) dotOne(out, o + i, inputs, row * columns, data, w + i * columns, columns);
    }
  }
}
/** Four consecutive outputs of one row; `o`, `i` and `w` are where the output, input row and first weight row start. */
function dotFour(
  out: Float64Array,
  o: number,
  x: Float64Array,
  i: number,
  weight: Float32Array,
  w: number,
  size: number,
): void {
  const w1 = w + size;
  const w2 = w1 + size;
  const w3 = w2 + size;
  let sum0 = 0;
  let sum1 = 0;
  let sum2 = 0;
  let sum3 = 0;
  for (let k = 0; k < size; k++) {
    const input = x[i + k];
    sum0 += input * weight[w + k];
    sum1 += input * weight[w1 + k];
    sum2 += input * weight[w2 + k];
    sum3 += input * weight[w3 + k];
  }
  out[o] = sum0;
  out[o + 1] = sum1;
  out[o + 2] = sum2;
  out[o + 3] = sum3;
}

function dotOne(
  out: Float64Array,
  o: number,
  x: Float64Array,
  i: number,
  weight: Float32Array,
  w: number,
  size: number,
): void {
  let sum = 0;
  for (let k = 0; k < size; k++) sum += x[i + k] * weight[w + k];
  out[o] = sum;
}
