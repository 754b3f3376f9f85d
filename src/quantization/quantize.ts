import { assert } from "../assert.ts";
import type { Tensor } from "../model.ts";
import { dequantizeRow } from "./dequantize.ts";
import { rowBytes, rowCount, rowLength } from "./formats.ts";
import { numberToHalf } from "./half.ts";

/** Formats that weights can be quantized to while they load. */
export type QuantizedDType = "Q8_0" | "Q4_0";

const BLOCK = 32;

/**
 * The tensor in blocks of 8 or 4 bits, a row at a time; rows must be whole blocks of 32. The rule is ggml's
 * `quantize_row_q8_0_ref` and `quantize_row_q4_0_ref`, so that a file made by llama.cpp has the same bytes.
 */
export function quantize(tensor: Tensor, dtype: QuantizedDType): Tensor {
  const length = rowLength(tensor);
  assert(length % BLOCK === 0, () => `a row of ${length} numbers is no whole blocks of ${BLOCK}`);
  const row = new Float32Array(length);
  const size = rowBytes(dtype, length);
  const bytes = new Uint8Array(rowCount(tensor) * size);
  const quantizeBlock = dtype === "Q8_0" ? quantizeQ8_0 : quantizeQ4_0;
  const blockBytes = rowBytes(dtype, BLOCK);
  for (let r = 0; r * size < bytes.length; r++) {
    dequantizeRow(tensor, r, row);
    for (let i = 0; i < length; i += BLOCK) quantizeBlock(row, i, bytes, r * size + (i / BLOCK) * blockBytes);
  }
  return { ...tensor, dtype, bytes };
}

/** The largest number becomes 127 or -127. */
function quantizeQ8_0(x: Float32Array, from: number, bytes: Uint8Array, at: number): void {
  let largest = 0;
  for (let i = 0; i < BLOCK; i++) largest = Math.max(largest, Math.abs(x[from + i]));
  const inverse = writeScale(largest / 127, bytes, at);
  for (let i = 0; i < BLOCK; i++) bytes[at + 2 + i] = roundAway(Math.fround(x[from + i] * inverse));
}

/** The number of largest magnitude becomes -8, whatever its sign. */
function quantizeQ4_0(x: Float32Array, from: number, bytes: Uint8Array, at: number): void {
  let largest = 0;
  for (let i = 0; i < BLOCK; i++) if (Math.abs(x[from + i]) > Math.abs(largest)) largest = x[from + i];
  const inverse = writeScale(largest / -8, bytes, at);
  const nibble = (value: number): number => Math.min(15, Math.trunc(Math.fround(Math.fround(value * inverse) + 8.5)));
  for (let i = 0; i < BLOCK / 2; i++) bytes[at + 2 + i] = nibble(x[from + i]) | (nibble(x[from + 16 + i]) << 4);
}

/** Writes the scale as binary16 and returns the inverse of the scale before that rounding, as float32; 0 for 0. */
function writeScale(scale: number, bytes: Uint8Array, at: number): number {
  const narrow = Math.fround(scale);
  const bits = numberToHalf(narrow);
  bytes[at] = bits & 255;
  bytes[at + 1] = bits >> 8;
  return narrow === 0 ? 0 : Math.fround(1 / narrow);
}

/** The nearest integer, halves away from zero. */
function roundAway(value: number): number {
  return Math.sign(value) * Math.floor(Math.abs(value) + 0.5);
}
