/**
 * Blocks of 32 numbers: a binary16 scale, perhaps a minimum, and integers of 4, 5 or 8 bits. Source of the layouts:
 * ggml.
 */
import { halfToNumber } from "./half.ts";

/** Writes one block, whose bytes start at `at`, as numbers from `to` on. Float32 holds the result of one rounding. */
export type DequantizeBlock = (bytes: Uint8Array, at: number, out: Float32Array, to: number) => void;

/** The binary16 at that place. */
export function halfAt(bytes: Uint8Array, at: number): number {
  return halfToNumber(bytes[at] | (bytes[at + 1] << 8));
}

/** x = d * q: d, 32 signed bytes. */
export function dequantizeQ8_0(bytes: Uint8Array, at: number, out: Float32Array, to: number): void {
  const scale = halfAt(bytes, at);
  for (let i = 0; i < 32; i++) out[to + i] = scale * ((bytes[at + 2 + i] << 24) >> 24);
}

/** x = d * (q - 8): d, 16 bytes whose low halves are numbers 0 to 15 and whose high halves are 16 to 31. */
export function dequantizeQ4_0(bytes: Uint8Array, at: number, out: Float32Array, to: number): void {
  const scale = halfAt(bytes, at);
  for (let i = 0; i < 16; i++) {
    const pair = bytes[at + 2 + i];
    out[to + i] = scale * ((pair & 15) - 8);
    out[to + 16 + i] = scale * ((pair >> 4) - 8);
  }
}

/** x = d * q + m: d, m, 16 bytes as in Q4_0. */
export function dequantizeQ4_1(bytes: Uint8Array, at: number, out: Float32Array, to: number): void {
  const scale = halfAt(bytes, at);
  const minimum = halfAt(bytes, at + 2);
  for (let i = 0; i < 16; i++) {
    const pair = bytes[at + 4 + i];
    out[to + i] = scale * (pair & 15) + minimum;
    out[to + 16 + i] = scale * (pair >> 4) + minimum;
  }
}

/** x = d * (q - 16): d, 32 fifth bits in number order, 16 bytes as in Q4_0. */
export function dequantizeQ5_0(bytes: Uint8Array, at: number, out: Float32Array, to: number): void {
  const scale = halfAt(bytes, at);
  for (let i = 0; i < 16; i++) {
    const pair = bytes[at + 6 + i];
    out[to + i] = scale * (((pair & 15) | fifthBit(bytes, at + 2, i)) - 16);
    out[to + 16 + i] = scale * (((pair >> 4) | fifthBit(bytes, at + 2, 16 + i)) - 16);
  }
}

/** x = d * q + m: d, m, 32 fifth bits, 16 bytes as in Q4_0. */
export function dequantizeQ5_1(bytes: Uint8Array, at: number, out: Float32Array, to: number): void {
  const scale = halfAt(bytes, at);
  const minimum = halfAt(bytes, at + 2);
  for (let i = 0; i < 16; i++) {
    const pair = bytes[at + 8 + i];
    out[to + i] = scale * ((pair & 15) | fifthBit(bytes, at + 4, i)) + minimum;
    out[to + 16 + i] = scale * ((pair >> 4) | fifthBit(bytes, at + 4, 16 + i)) + minimum;
  }
}

function fifthBit(bytes: Uint8Array, at: number, index: number): number {
  return ((bytes[at + (index >> 3)] >> (index & 7)) & 1) << 4;
}

/** The sixteen values of IQ4_NL, denser near zero. */
export const IQ4_NL_VALUES: readonly number[] = [
  -127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113,
];

/** x = d * value[q]: d, 16 bytes as in Q4_0. */
export function dequantizeIQ4_NL(bytes: Uint8Array, at: number, out: Float32Array, to: number): void {
  const scale = halfAt(bytes, at);
  for (let i = 0; i < 16; i++) {
    const pair = bytes[at + 2 + i];
    out[to + i] = scale * IQ4_NL_VALUES[pair & 15];
    out[to + 16 + i] = scale * IQ4_NL_VALUES[pair >> 4];
  }
}
