/**
 * Rotary embedding: angles of the step's tokens in double precision, and the rotation. Source: RoFormer, arXiv
 * 2104.09864.
 */
import { Layer } from "./layout";
import { model, step } from "./state";

/** Bytes of one token's angles in one table: cosines, then sines, [ropeHalf] floats each. */
// @ts-ignore: decorator
@inline
function angleBytes(): usize {
  return <usize>model.ropeHalf * 8;
}

/** Fills the angles of a token for every table of the model. */
export function fillAngles(token: i32): void {
  const position = <f64>load<i32>(step.positions + <usize>token * 4);
  const half = model.ropeHalf;
  for (let t = 0; t < model.ropeCount; t++) {
    const frequencies = load<usize>(model.ropes + <usize>t * 4);
    const magnitude = load<f64>(model.ropeMagnitudes + <usize>t * 8);
    const out = model.angles + <usize>(token * model.ropeCount + t) * angleBytes();
    for (let i = 0; i < half; i++) {
      const angle = position * load<f64>(frequencies + <usize>i * 8);
      store<f32>(out + <usize>i * 4, <f32>(Math.cos(angle) * magnitude));
      store<f32>(out + <usize>(half + i) * 4, <f32>(Math.sin(angle) * magnitude));
    }
  }
}

/** Rotates one head's vector in place: pairs (i, i + half); numbers beyond 2 · half stay. */
export function rotate(x: usize, layer: Layer, token: i32): void {
  if (layer.rope < 0) return;
  const angles = model.angles + <usize>(token * model.ropeCount + layer.rope) * angleBytes();
  const sines = angles + <usize>model.ropeHalf * 4;
  const half = <usize>layer.ropeHalf;
  for (let i: usize = 0; i < half; i++) {
    const a = x + i * 4;
    const b = a + half * 4;
    const cosine = load<f32>(angles + 4 * i);
    const sine = load<f32>(sines + 4 * i);
    const first = load<f32>(a);
    const second = load<f32>(b);
    store<f32>(a, first * cosine - second * sine);
    store<f32>(b, second * cosine + first * sine);
  }
}
