/**
 * out[t] = x[t] / sqrt(mean(x[t]^2) + epsilon) * weight: out and x [rows, size], weight [size].
 * Source: "Root Mean Square Layer Normalization", arXiv 1910.07467.
 */
export function rmsNorm(out: Float64Array, x: Float64Array, weight: Float32Array, rows: number, epsilon: number): void {
  const size = weight.length;
  for (let row = 0; row < rows; row++) {
    const start = row * size;
    let squares = 0;
    for (let i = 0; i < size; i++) squares += x[start + i] * x[start + i];
    const scale = 1 / Math.sqrt(squares / size + epsilon);
    for (let i = 0; i < size; i++) out[start + i] = x[start + i] * scale * weight[i];
  }
}
