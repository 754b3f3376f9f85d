/** The residual connection: x += y over the first `count` numbers. */
export function add(x: Float64Array, y: Float64Array, count: number): void {
  for (let i = 0; i < count; i++) x[i] += y[i];
}
