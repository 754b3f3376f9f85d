/**
 * gate = silu(gate) * up, elementwise over the first `count` numbers, silu(x) = x / (1 + exp(-x)).
 * Source: "GLU Variants Improve Transformer", arXiv 2002.05202.
 */
export function swiglu(gate: Float64Array, up: Float64Array, count: number): void {
  for (let i = 0; i < count; i++) gate[i] = (gate[i] / (1 + Math.exp(-gate[i]))) * up[i];
}
