/** out = act(gate) · up, elementwise. */
import { GELU_ERF, GELU_TANH, RELU } from "./layout";
import { erf4, exp4, tanh4 } from "./simd";

/** `count` is a multiple of 4. */
export function activate(kind: i32, out: usize, gate: usize, up: usize, count: i32): void {
  const bytes = <usize>count * 4;
  for (let o: usize = 0; o < bytes; o += 16) {
    const g = v128.load(gate + o);
    const a =
      kind == GELU_TANH ? geluTanh4(g) :
      kind == GELU_ERF ? geluErf4(g) :
      kind == RELU ? f32x4.max(g, f32x4.splat(0.0)) :
      silu4(g);
    v128.store(out + o, f32x4.mul(a, v128.load(up + o)));
  }
}

// @ts-ignore: decorator
@inline
function silu4(x: v128): v128 {
  return f32x4.div(x, f32x4.add(f32x4.splat(1.0), exp4(f32x4.neg(x))));
}

/** x / 2 · (1 + tanh(sqrt(2 / π) · (x + 0.044715 x³))). */
// @ts-ignore: decorator
@inline
function geluTanh4(x: v128): v128 {
  const cubic = f32x4.mul(f32x4.mul(f32x4.mul(x, x), x), f32x4.splat(0.044715));
  const t = tanh4(f32x4.mul(f32x4.add(x, cubic), f32x4.splat(0.7978845608)));
  return f32x4.mul(f32x4.mul(x, f32x4.splat(0.5)), f32x4.add(t, f32x4.splat(1.0)));
}

/** x / 2 · (1 + erf(x / sqrt(2))). */
// @ts-ignore: decorator
@inline
function geluErf4(x: v128): v128 {
  const t = erf4(f32x4.mul(x, f32x4.splat(0.7071067812)));
  return f32x4.mul(f32x4.mul(x, f32x4.splat(0.5)), f32x4.add(t, f32x4.splat(1.0)));
}
