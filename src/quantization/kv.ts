import type { KvType } from "../kv-type.ts";
import { halfToNumber, numberToHalf, roundEven } from "./half.ts";

/**
 * Keys and values of one head and token, `headDim` numbers, as a KV type stores them (`kvHeadBytes` bytes):
 * f32 and f16 are the nearest floats, ties to even; int8 is `headDim` signed bytes q and then a float32 scale s =
 * largest / 127, with q the nearest integer of x / s, ties to even: the number read back is q * s. Infinite and NaN
 * stay what they are as floats; in int8 they make the scale NaN.
 */
export function encodeKv(
  type: KvType,
  x: Float64Array,
  from: number,
  headDim: number,
  target: DataView,
  at: number,
): void {
  if (type === "f32") for (let i = 0; i < headDim; i++) target.setFloat32(at + 4 * i, x[from + i], true);
  else if (type === "f16") {
    for (let i = 0; i < headDim; i++) target.setUint16(at + 2 * i, numberToHalf(x[from + i]), true);
  } else encodeInt8(x, from, headDim, target, at);
}

/** The inverse of `encodeKv`: numbers as float64. */
export function decodeKv(
  type: KvType,
  source: DataView,
  at: number,
  headDim: number,
  out: Float64Array,
  to: number,
): void {
  if (type === "f32") for (let i = 0; i < headDim; i++) out[to + i] = source.getFloat32(at + 4 * i, true);
  else if (type === "f16") {
    for (let i = 0; i < headDim; i++) out[to + i] = halfToNumber(source.getUint16(at + 2 * i, true));
  } else {
    const scale = source.getFloat32(at + headDim, true);
    for (let i = 0; i < headDim; i++) out[to + i] = source.getInt8(at + i) * scale;
  }
}

/** Infinity times zero: the scale of a head that holds anything that is not finite. */
function scaleOf(x: Float64Array, from: number, headDim: number): number {
  let largest = 0;
  for (let i = 0; i < headDim; i++) largest = Math.max(largest, Math.abs(x[from + i]));
  return Number.isFinite(largest) ? Math.fround(largest / 127) : Number.NaN;
}

function encodeInt8(x: Float64Array, from: number, headDim: number, target: DataView, at: number): void {
  const scale = scaleOf(x, from, headDim);
  target.setFloat32(at + headDim, scale, true);
  for (let i = 0; i < headDim; i++) target.setInt8(at + i, scale > 0 ? quantizeInt8(x[from + i] / scale) : 0);
}

function quantizeInt8(value: number): number {
  return Math.sign(value) * Math.min(127, roundEven(Math.abs(value)));
}
