/** Numbers that share a scale. */
const RUN = 32;

/**
 * What integer kernels make of the inputs of a matrix in blocks: for each 32 numbers, int8 q = x / d to the nearest
 * integer, ties to even, with d = largest / 127, all in float32. Writes q * d of `count` numbers (a multiple of 32).
 * Numbers that are not finite make their run NaN.
 */
export function roundToInt8(x: Float64Array, from: number, count: number, out: Float64Array, to: number): void {
  for (let run = 0; run < count; run += RUN) {
    let largest = 0;
    for (let i = run; i < run + RUN; i++) largest = Math.max(largest, Math.fround(Math.abs(x[from + i])));
    const scale = Math.fround(largest / 127);
    const inverse = largest === 0 ? 0 : Math.fround(127 / largest);
    for (let i = run; i < run + RUN; i++) {
      out[to + i] = Number.isFinite(scale)
        ? nearestEven(Math.fround(Math.fround(x[from + i]) * inverse)) * scale
        : Number.NaN;
    }
  }
}

function nearestEven(value: number): number {
  const rounded = Math.round(value);
  return rounded - value === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}
