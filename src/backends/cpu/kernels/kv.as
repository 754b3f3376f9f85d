/**
 * Keys and values of one head in a block: [offset][row], a row of `headDim` padded to a multiple of 4 in f32, f16, or
 * int8 with
 * its float scale behind it. A block is [layer][key, value][head][offset].
 */
import { KV_F16, KV_F32, Layer } from "./layout";
import { largestLane, loadHalf4, toHalf4 } from "./simd";
import { model } from "./state";

/** Bytes of one row. */
export function kvRowBytes(kind: i32, padded: i32): usize {
  if (kind == KV_F32) return <usize>padded * 4;
  return kind == KV_F16 ? <usize>padded * 2 : <usize>padded + 4;
}

/** Where the rows of a head begin in a block, from the layer's keys. */
// @ts-ignore: decorator
@inline
export function headPlane(layer: Layer, head: i32, isValue: bool, rowBytes: usize): usize {
  return layer.kvOffset + <usize>(head + (isValue ? layer.kvHeadCount : 0)) * model.blockSize * rowBytes;
}

/** Stores a row of `padded` floats, whose padding is zero. */
export function storeRow(target: usize, x: usize, padded: i32): void {
  const kind = model.kvKind;
  if (kind == KV_F32) memory.copy(target, x, <usize>padded * 4);
  else if (kind == KV_F16) storeHalfRow(target, x, padded);
  else storeInt8Row(target, x, padded);
}

function storeHalfRow(target: usize, x: usize, padded: i32): void {
  for (let i = 0; i < padded; i += 4) {
    const h = toHalf4(v128.load(x + <usize>i * 4));
    v128.store64_lane(target + <usize>i * 2, v128.shuffle<u16>(h, h, 0, 2, 4, 6, 0, 2, 4, 6), 0);
  }
}

function storeInt8Row(target: usize, x: usize, padded: i32): void {
  let largest = f32x4.splat(0.0);
  for (let i = 0; i < padded; i += 4) largest = f32x4.max(largest, f32x4.abs(v128.load(x + <usize>i * 4)));
  const scale = largestLane(largest) / <f32>127.0;
  const divisor = f32x4.splat(scale == 0.0 ? 1.0 : scale);
  for (let i = 0; i < padded; i += 4) {
    const q = i32x4.trunc_sat_f32x4_s(f32x4.nearest(f32x4.div(v128.load(x + <usize>i * 4), divisor)));
    v128.store32_lane(target + i, v128.shuffle<u8>(q, q, 0, 4, 8, 12, 0, 4, 8, 12, 0, 4, 8, 12, 0, 4, 8, 12), 0);
  }
  store<f32>(target + padded, scale);
}

/** The row's floats, for kinds other than f32. */
export function widenRow(out: usize, source: usize, padded: i32): void {
  if (model.kvKind == KV_F16) {
    for (let i = 0; i < padded; i += 4) v128.store(out + <usize>i * 4, loadHalf4(source + <usize>i * 2));
    return;
  }
  const scale = v128.load32_splat(source + padded);
  for (let i = 0; i < padded; i += 4) {
    const q = i32x4.extend_low_i16x8_s(i16x8.extend_low_i8x16_s(v128.load32_zero(source + i)));
    v128.store(out + <usize>i * 4, f32x4.mul(f32x4.convert_i32x4_s(q), scale));
  }
}
