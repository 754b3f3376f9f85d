/**
 * GGUF's block formats beside Q8_0 and Q4_0, 32 numbers at a time: int8 numbers with a float scale and a float minimum
 * for each 16
 * (number = scale · int8 + minimum). The layouts are ggml's.
 */
import { halfToFloat } from "./simd";

export const Q4_1: i32 = 16;
export const Q5_0: i32 = 17;
export const Q5_1: i32 = 18;
export const Q2_K: i32 = 19;
export const Q3_K: i32 = 20;
export const Q4_K: i32 = 21;
export const Q5_K: i32 = 22;
export const Q6_K: i32 = 23;
export const IQ4_NL: i32 = 24;

/** What `decodeRun` wrote last: int8 [32], floats [2], floats [2]. Weights are packed by one thread. */
export const runNumbers: usize = memory.data(32, 16);
export const runScales: usize = memory.data(8, 16);
export const runMinima: usize = memory.data(8, 16);

const IQ4_VALUES: usize = memory.data<i8>([-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113]);

/** Numbers of a block. */
function runLength(type: i32): i32 {
  return type >= Q2_K && type <= Q6_K ? 256 : 32;
}

/** Bytes of a block. */
function runBytes(type: i32): i32 {
  if (type == Q4_1) return 20;
  if (type == Q5_0) return 22;
  if (type == Q5_1) return 24;
  if (type == Q2_K) return 84;
  if (type == Q3_K) return 110;
  if (type == Q4_K) return 144;
  if (type == Q5_K) return 176;
  return type == Q6_K ? 210 : 18;
}

/** Decodes numbers [32 · run, 32 · run + 32) of a row. */
export function decodeRun(type: i32, row: usize, run: i32): void {
  const perBlock = runLength(type) / 32;
  const block = row + <usize>(run / perBlock) * runBytes(type);
  const part = run % perBlock;
  if (type <= Q5_1 || type == IQ4_NL) decodeSmall(type, block);
  else if (type == Q2_K) decodeQ2(block, part);
  else if (type == Q3_K) decodeQ3(block, part);
  else if (type == Q6_K) decodeQ6(block, part);
  else decodeQ4Q5(type, block, part);
}

// @ts-ignore: decorator
@inline
function half(at: usize): f32 {
  return halfToFloat(<u32>load<u16>(at));
}

// @ts-ignore: decorator
@inline
function put(i: i32, value: i32): void {
  store<i8>(runNumbers + <usize>i, <i8>value);
}

function scale(i: i32, factor: f32, minimum: f32): void {
  store<f32>(runScales + <usize>i * 4, factor);
  store<f32>(runMinima + <usize>i * 4, minimum);
}

/** Formats whose block is 32 numbers: low nibbles are numbers 0 to 15, high nibbles the rest. */
function decodeSmall(type: i32, block: usize): void {
  const hasMinimum = type == Q4_1 || type == Q5_1;
  const minimum: f32 = hasMinimum ? half(block + 2) : 0.0;
  scale(0, half(block), minimum);
  scale(1, half(block), minimum);
  const hasFifth = type == Q5_0 || type == Q5_1;
  let at = block + (hasMinimum ? 4 : 2);
  const fifth: u32 = hasFifth ? load<u32>(at) : 0;
  if (hasFifth) at += 4;
  for (let i = 0; i < 32; i++) {
    const byte = <i32>load<u8>(at + <usize>(i & 15));
    const nibble = (i < 16 ? byte & 15 : byte >> 4) | (<i32>((fifth >> i) & 1) << 4);
    put(i, type == Q5_0 ? nibble - 16 : type == IQ4_NL ? <i32>load<i8>(IQ4_VALUES + <usize>nibble) : nibble);
  }
}

/** 84 bytes: 16 pairs of nibbles (scale, minimum), 64 bytes of 2-bit numbers, d, dmin. */
function decodeQ2(block: usize, part: i32): void {
  const d = half(block + 80), m = half(block + 82);
  const numbers = block + 16 + <usize>(part >> 2) * 32;
  const shift = 2 * (part & 3);
  for (let h = 0; h < 2; h++) {
    const pair = <i32>load<u8>(block + <usize>(2 * part + h));
    scale(h, d * <f32>(pair & 15), -(m * <f32>(pair >> 4)));
  }
  for (let i = 0; i < 32; i++) put(i, (<i32>load<u8>(numbers + <usize>i) >> shift) & 3);
}

/** 110 bytes: 32 bytes of high bits, 64 of low 2 bits, 12 of sixteen 6-bit scales, d. */
function decodeQ3(block: usize, part: i32): void {
  const d = half(block + 108);
  const numbers = block + 32 + <usize>(part >> 2) * 32;
  const shift = 2 * (part & 3);
  for (let h = 0; h < 2; h++) {
    const i = 2 * part + h;
    const scales = block + 96;
    const low = <i32>load<u8>(scales + <usize>(i & 7));
    const high = <i32>load<u8>(scales + 8 + <usize>(i & 3));
    scale(h, d * <f32>(((i < 8 ? low & 15 : low >> 4) | (((high >> (2 * (i >> 2))) & 3) << 4)) - 32), 0.0);
  }
  for (let i = 0; i < 32; i++) {
    const high = (<i32>load<u8>(block + <usize>i) >> part) & 1;
    put(i, ((<i32>load<u8>(numbers + <usize>i) >> shift) & 3) - (high != 0 ? 0 : 4));
  }
}

/**
 * Q4_K, 144 bytes: d, dmin, 12 bytes of eight 6-bit scales and minima, 128 of nibbles; Q5_K has 32 bytes of fifth bits
 * before the nibbles.
 */
function decodeQ4Q5(type: i32, block: usize, part: i32): void {
  const isFive = type == Q5_K;
  const packed = block + 4;
  let s: i32, m: i32;
  const at = <usize>part;
  if (part < 4) {
    s = <i32>load<u8>(packed + at) & 63;
    m = <i32>load<u8>(packed + at + 4) & 63;
  } else {
    const both = <i32>load<u8>(packed + at + 4);
    s = (both & 15) | ((<i32>load<u8>(packed + at - 4) >> 6) << 4);
    m = (both >> 4) | ((<i32>load<u8>(packed + at) >> 6) << 4);
  }
  const factor = half(block) * <f32>s, minimum = -(half(block + 2) * <f32>m);
  scale(0, factor, minimum);
  scale(1, factor, minimum);
  const nibbles = block + (isFive ? 48 : 16) + <usize>(part >> 1) * 32;
  for (let i = 0; i < 32; i++) {
    const byte = <i32>load<u8>(nibbles + <usize>i);
    const fifth = isFive ? ((<i32>load<u8>(block + 16 + <usize>i) >> part) & 1) << 4 : 0;
    put(i, ((part & 1) == 0 ? byte & 15 : byte >> 4) | fifth);
  }
}

/** 210 bytes: 128 of low nibbles, 64 of high 2 bits, 16 int8 scales, d. */
function decodeQ6(block: usize, part: i32): void {
  const d = half(block + 208);
  const quarter = part & 3;
  const low = block + <usize>(part >> 2) * 64 + <usize>(quarter & 1) * 32;
  const high = block + 128 + <usize>(part >> 2) * 32;
  for (let h = 0; h < 2; h++) scale(h, d * <f32>load<i8>(block + 192 + <usize>(2 * part + h)), 0.0);
  for (let i = 0; i < 32; i++) {
    const byte = <i32>load<u8>(low + <usize>i);
    const nibble = quarter < 2 ? byte & 15 : byte >> 4;
    put(i, (nibble | (((<i32>load<u8>(high + <usize>i) >> (2 * quarter)) & 3) << 4)) - 32);
  }
}
