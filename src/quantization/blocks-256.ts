/**
 * The K types: blocks of 256 numbers with a scale of its own for each 16 or 32 of them. Source of the layouts: ggml.
 */
import { halfAt } from "./blocks-32.ts";

/**
 * x = d * scale * q - dmin * min: 16 bytes of scale (low half) and min (high half) of 16 numbers each, 64 bytes of
 * 2-bit numbers, d, dmin.
 */
export function dequantizeQ2_K(bytes: Uint8Array, at: number, out: Float32Array, to: number): void {
  const scale = halfAt(bytes, at + 80);
  const minimum = halfAt(bytes, at + 82);
  for (let i = 0; i < 256; i++) {
    const own = bytes[at + (i >> 4)];
    out[to + i] = scale * (own & 15) * twoBits(bytes, at + 16, i) - minimum * (own >> 4);
  }
}

/**
 * x = d * (scale - 32) * (q - 4 where the high bit is clear): 32 bytes of high bits, 64 bytes of 2-bit numbers, 12
 * bytes of sixteen 6-bit scales, d.
 */
export function dequantizeQ3_K(bytes: Uint8Array, at: number, out: Float32Array, to: number): void {
  const scale = halfAt(bytes, at + 108);
  for (let i = 0; i < 256; i++) {
    const high = (bytes[at + (i & 31)] >> (i >> 5)) & 1;
    const own = scaleOfQ3_K(bytes, at + 96, i >> 4) - 32;
    out[to + i] = scale * own * (twoBits(bytes, at + 32, i) - (high === 1 ? 0 : 4));
  }
}

/**
 * Number i of 256 numbers of two bits: of each 32 bytes, bits 0-1 are numbers 0 to 31, bits 2-3 are 32 to 63 and so on.
 */
function twoBits(bytes: Uint8Array, at: number, i: number): number {
  return (bytes[at + ((i >> 7) << 5) + (i & 31)] >> (((i >> 5) & 3) << 1)) & 3;
}

/** Scale i of 16: low four bits in bytes 0-7 (first the low halves, then the high ones), high two in bytes 8-11. */
function scaleOfQ3_K(bytes: Uint8Array, at: number, i: number): number {
  const low = i < 8 ? bytes[at + i] & 15 : bytes[at + i - 8] >> 4;
  const high = (bytes[at + 8 + (i & 3)] >> ((i >> 2) << 1)) & 3;
  return low | (high << 4);
}

/**
 * x = d * scale * q - dmin * min, for each 32 numbers: d, dmin, 12 bytes of eight 6-bit scales and mins, 128 bytes of
 * 4-bit numbers.
 */
export function dequantizeQ4_K(bytes: Uint8Array, at: number, out: Float32Array, to: number): void {
  for (let part = 0; part < 8; part++) {
    const scale = halfAt(bytes, at) * scaleOfK(bytes, at + 4, part);
    const minimum = halfAt(bytes, at + 2) * minOfK(bytes, at + 4, part);
    for (let i = 0; i < 32; i++) out[to + 32 * part + i] = scale * fourBits(bytes, at + 16, part, i) - minimum;
  }
}

/**
 * As Q4_K, with 32 bytes of fifth bits between scales and 4-bit numbers: bit p of byte i is that of number i of part p.
 */
export function dequantizeQ5_K(bytes: Uint8Array, at: number, out: Float32Array, to: number): void {
  for (let part = 0; part < 8; part++) {
    const scale = halfAt(bytes, at) * scaleOfK(bytes, at + 4, part);
    const minimum = halfAt(bytes, at + 2) * minOfK(bytes, at + 4, part);
    for (let i = 0; i < 32; i++) {
      const fifth = ((bytes[at + 16 + i] >> part) & 1) << 4;
      out[to + 32 * part + i] = scale * (fourBits(bytes, at + 48, part, i) | fifth) - minimum;
    }
  }
}

/** Number i of part p: parts 2k and 2k+1 are the low and high halves of the same 32 bytes. */
function fourBits(bytes: Uint8Array, at: number, part: number, i: number): number {
  const pair = bytes[at + ((part >> 1) << 5) + i];
  return (part & 1) === 0 ? pair & 15 : pair >> 4;
}

/** The 6-bit scale of part p: six bits of byte p, or four bits of byte p + 4 and the top two of byte p - 4. */
function scaleOfK(bytes: Uint8Array, at: number, part: number): number {
  if (part < 4) return bytes[at + part] & 63;
  return (bytes[at + part + 4] & 15) | ((bytes[at + part - 4] >> 6) << 4);
}

/**
 * The 6-bit min of part p: as the scale, from byte p + 4, or the high half of byte p + 4 and the top two bits of byte
 * p.
 */
function minOfK(bytes: Uint8Array, at: number, part: number): number {
  if (part < 4) return bytes[at + part + 4] & 63;
  return (bytes[at + part + 4] >> 4) | ((bytes[at + part] >> 6) << 4);
}

/** x = d * scale * (q - 32): 128 bytes of low four bits, 64 bytes of high two bits, sixteen signed 8-bit scales, d. */
export function dequantizeQ6_K(bytes: Uint8Array, at: number, out: Float32Array, to: number): void {
  const scale = halfAt(bytes, at + 208);
  for (let i = 0; i < 256; i++) {
    const half = i >> 7;
    const pair = bytes[at + 64 * half + (i & 63)];
    const low = (i & 64) === 0 ? pair & 15 : pair >> 4;
    const high = (bytes[at + 128 + 32 * half + (i & 31)] >> (((i >> 5) & 3) << 1)) & 3;
    const own = (bytes[at + 192 + (i >> 4)] << 24) >> 24;
    out[to + i] = scale * own * ((low | (high << 4)) - 32);
  }
}
