/** From a tensor's rows as they were stored to groups of 8 outputs, and a row back to floats. */
import { decodeRun, runMinima, runNumbers, runScales } from "./block-formats";
import { BF16, F16, F32, Matrix, Q4, Q8 } from "./layout";
import { halfToFloat } from "./simd";

/** The tensor's row that output `o` of group `group` is, -1 for padding. */
function rowOf(m: Matrix, group: i32, o: i32): i32 {
  const segment = group / m.segmentGroups;
  const within = (group % m.segmentGroups) * 8 + o;
  return within < m.segmentRows ? segment * m.segmentRows + within : -1;
}

/**
 * Packs groups [first, end) from `source`, which begins with row `firstRow` of `bytes` a row. `type` is the number of
 * the tensor's
 * type: that of a kind, or one of block-formats. Padding stays zero.
 */
export function packGroups(
  m: Matrix, type: i32, bytes: usize, first: i32, end: i32, source: usize, firstRow: i32,
): void {
  for (let group = first; group < end; group++) {
    const target = m.data + <usize>group * m.groupBytes;
    for (let o = 0; o < 8; o++) {
      const row = rowOf(m, group, o);
      if (row >= 0) packRow(m, type, source + <usize>(row - firstRow) * bytes, target, o);
    }
  }
}

function packRow(m: Matrix, type: i32, row: usize, target: usize, o: i32): void {
  const inputs = m.inputs;
  if (type == F32) {
    for (let k = 0; k < inputs; k++) store<f32>(target + <usize>(8 * k + o) * 4, load<f32>(row + <usize>k * 4));
  } else if (type == F16 || type == BF16) {
    for (let k = 0; k < inputs; k++) store<u16>(target + <usize>(8 * k + o) * 2, load<u16>(row + <usize>k * 2));
  } else if (type == Q8) {
    for (let b = 0; b < inputs / 32; b++) packQ8(row + <usize>b * 34, target + <usize>b * 272, o);
  } else if (type == Q4) {
    for (let b = 0; b < inputs / 32; b++) packQ4(row + <usize>b * 18, target + <usize>b * 144, o);
  } else {
    for (let b = 0; b < inputs / 32; b++) packScaled(type, row, b, target + <usize>b * 384, o);
  }
}

/** Where input k of output o lies among 256 int8: [pair][8 outputs][2]. */
// @ts-ignore: decorator
@inline
function byteAt(k: i32, o: i32): usize {
  return <usize>((k >> 1) * 16 + 2 * o + (k & 1));
}

function packQ8(source: usize, target: usize, o: i32): void {
  store<u16>(target + <usize>o * 2, load<u16>(source));
  for (let k = 0; k < 32; k++) store<i8>(target + 16 + byteAt(k, o), load<i8>(source + 2 + <usize>k));
}

function packQ4(source: usize, target: usize, o: i32): void {
  store<u16>(target + <usize>o * 2, load<u16>(source));
  for (let k = 0; k < 32; k++) {
    const byte = load<u8>(source + 2 + <usize>(k & 15));
    const lane = target + laneAt(k, o);
    const nibble = <u16>(k < 16 ? byte & 15 : byte >> 4);
    store<u16>(lane, load<u16>(lane) | (nibble << nibbleShift(k)));
  }
}

/** Where the int16 lane of input k and output o lies in a block of Q4. */
// @ts-ignore: decorator
@inline
function laneAt(k: i32, o: i32): usize {
  return 16 + <usize>((k >> 3) * 32 + (o >> 2) * 16 + (o & 3) * 4 + (k & 1) * 2);
}

// @ts-ignore: decorator
@inline
function nibbleShift(k: i32): u16 {
  return <u16>(((k & 7) >> 1) * 4);
}

function packScaled(type: i32, row: usize, block: i32, target: usize, o: i32): void {
  decodeRun(type, row, block);
  for (let half = 0; half < 2; half++) {
    const at = target + <usize>half * 64 + <usize>o * 4;
    store<f32>(at, load<f32>(runScales + <usize>half * 4));
    store<f32>(at + 32, load<f32>(runMinima + <usize>half * 4));
  }
  for (let k = 0; k < 32; k++) store<i8>(target + 128 + byteAt(k, o), load<i8>(runNumbers + <usize>k));
}

/** Row `row` of a matrix of one segment as floats: an embedding. */
export function unpackRow(m: Matrix, row: i32, out: usize): void {
  const group = m.data + <usize>(row >> 3) * m.groupBytes;
  const o = row & 7;
  const inputs = m.inputs;
  for (let k = 0; k < inputs; k++) store<f32>(out + <usize>k * 4, numberAt(m.kind, group, k, o));
}

function numberAt(kind: i32, group: usize, k: i32, o: i32): f32 {
  if (kind == F32) return load<f32>(group + <usize>(8 * k + o) * 4);
  if (kind == F16) return halfToFloat(<u32>load<u16>(group + <usize>(8 * k + o) * 2));
  if (kind == BF16) return reinterpret<f32>(<u32>load<u16>(group + <usize>(8 * k + o) * 2) << 16);
  const block = <usize>(k >> 5);
  const within = k & 31;
  if (kind == Q8) {
    const at = group + 272 * block;
    return halfToFloat(<u32>load<u16>(at + <usize>o * 2)) * <f32>load<i8>(at + 16 + byteAt(within, o));
  }
  if (kind == Q4) {
    const at = group + 144 * block;
    const nibble = (load<u16>(at + laneAt(within, o)) >> nibbleShift(within)) & 15;
    return halfToFloat(<u32>load<u16>(at + <usize>o * 2)) * <f32>(<i32>nibble - 8);
  }
  const at = group + 384 * block;
  const scales = at + <usize>(within >> 4) * 64 + <usize>o * 4;
  return load<f32>(scales) * <f32>load<i8>(at + 128 + byteAt(within, o)) + load<f32>(scales, 32);
}
