/** The residual connection: x += scale * y over the first `count` numbers. */
export function add(x: Float64Array, y: Float64Array, count: number, scale = 1): void {
  for (let i = 0; i < count; i++) x[i] += scale * y[i];
}

/** x[row] += bias, over `rows` rows of bias's length. */
export function addBias(x: Float64Array, bias: Float32Array, rows: number): void {
  const size = bias.length;
  for (let row = 0; row < rows; row++) for (let i = 0; i < size; i++) x[row * size + i] += bias[i];
}
