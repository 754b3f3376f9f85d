/** c * tanh(x / c): keeps x within (-c, c). Source: Gemma 2, arXiv 2408.00118, section 2. */
export function softCap(x: number, cap: number): number {
  return cap * Math.tanh(x / cap);
}
