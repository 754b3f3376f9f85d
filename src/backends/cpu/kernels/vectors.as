/** Vectors of floats whose length is padded with zeros to a multiple of 4. */
import { sumLanes } from "./simd";

/** out = x / sqrt(mean(x²) + epsilon) · gain. Source: "Root Mean Square Layer Normalization", arXiv 1910.07467. */
export function rmsNorm(out: usize, x: usize, gain: usize, count: i32, epsilon: f32): void {
  let squares = f32x4.splat(0.0);
  const bytes = <usize>((count + 3) & ~3) * 4;
  for (let i: usize = 0; i < bytes; i += 16) {
    const v = v128.load(x + i);
    squares = f32x4.add(squares, f32x4.mul(v, v));
  }
  const scale = f32x4.splat(<f32>1.0 / sqrt<f32>(sumLanes(squares) / <f32>count + epsilon));
  for (let i: usize = 0; i < bytes; i += 16) {
    v128.store(out + i, f32x4.mul(f32x4.mul(v128.load(x + i), scale), v128.load(gain + i)));
  }
}

/** x += y · scale over `count` floats; nothing beyond them is written. */
export function addScaled(x: usize, y: usize, count: i32, scale: f32): void {
  const s = f32x4.splat(scale);
  let i = 0;
  for (; i + 4 <= count; i += 4) {
    const at = <usize>i * 4;
    v128.store(x + at, f32x4.add(v128.load(x + at), f32x4.mul(v128.load(y + at), s)));
  }
  for (; i < count; i++) {
    const at = <usize>i * 4;
    store<f32>(x + at, load<f32>(x + at) + load<f32>(y + at) * scale);
  }
}

/** x += y over `count` floats. */
export function add(x: usize, y: usize, count: i32): void {
  let i = 0;
  for (; i + 4 <= count; i += 4) {
    const at = <usize>i * 4;
    v128.store(x + at, f32x4.add(v128.load(x + at), v128.load(y + at)));
  }
  for (; i < count; i++) {
    const at = <usize>i * 4;
    store<f32>(x + at, load<f32>(x + at) + load<f32>(y + at));
  }
}
