/** Activations to int8 with a scale for every 32, held as int16 for the dot instruction. */
import { largestLane, sumIntLanes } from "./simd";

/** Numbers that share a scale. */
export const SCALE_RUN: i32 = 32;

/**
 * q = round(x / d) with d = max |x| / 127, to nearest even. `count` is a multiple of 32. Writes int16 [count], the
 * scales
 * d [count / 32] and the sums of q over 16 [count / 16], which minima and offsets of weights multiply.
 */
export function quantizeRow(x: usize, count: i32, out: usize, scales: usize, sums: usize): void {
  const ones = i16x8.splat(1);
  for (let k = 0; k < count; k += SCALE_RUN) {
    let largest = f32x4.splat(0.0);
    for (let i = 0; i < 128; i += 16) largest = f32x4.max(largest, f32x4.abs(v128.load(x + i)));
    const top = largestLane(largest);
    const inverse = f32x4.splat(top == 0.0 ? 0.0 : <f32>127.0 / top);
    store<f32>(scales, top / <f32>127.0);
    for (let half = 0; half < 2; half++) {
      const a = i32x4.trunc_sat_f32x4_s(f32x4.nearest(f32x4.mul(v128.load(x), inverse)));
      const b = i32x4.trunc_sat_f32x4_s(f32x4.nearest(f32x4.mul(v128.load(x, 16), inverse)));
      const c = i32x4.trunc_sat_f32x4_s(f32x4.nearest(f32x4.mul(v128.load(x, 32), inverse)));
      const d = i32x4.trunc_sat_f32x4_s(f32x4.nearest(f32x4.mul(v128.load(x, 48), inverse)));
      const low = i16x8.narrow_i32x4_s(a, b);
      const high = i16x8.narrow_i32x4_s(c, d);
      v128.store(out, low);
      v128.store(out, high, 16);
      store<i32>(sums, sumIntLanes(i32x4.add(i32x4.dot_i16x8_s(low, ones), i32x4.dot_i16x8_s(high, ones))));
      x += 64;
      out += 32;
      sums += 4;
    }
    scales += 4;
  }
}
