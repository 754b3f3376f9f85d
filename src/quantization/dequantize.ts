import type { BlockDType, DType, Tensor } from "../model.ts";
import { dequantizeQ2_K, dequantizeQ3_K, dequantizeQ4_K, dequantizeQ5_K, dequantizeQ6_K } from "./blocks-256.ts";
import {
  type DequantizeBlock,
  dequantizeIQ4_NL,
  dequantizeQ4_0,
  dequantizeQ4_1,
  dequantizeQ5_0,
  dequantizeQ5_1,
  dequantizeQ8_0,
  halfAt,
} from "./blocks-32.ts";
import { FORMATS, rowBytes, rowCount, rowLength } from "./formats.ts";

const BLOCKS: Readonly<Record<BlockDType, DequantizeBlock>> = {
  Q8_0: dequantizeQ8_0,
  Q4_0: dequantizeQ4_0,
  Q4_1: dequantizeQ4_1,
  Q5_0: dequantizeQ5_0,
  Q5_1: dequantizeQ5_1,
  IQ4_NL: dequantizeIQ4_NL,
  Q2_K: dequantizeQ2_K,
  Q3_K: dequantizeQ3_K,
  Q4_K: dequantizeQ4_K,
  Q5_K: dequantizeQ5_K,
  Q6_K: dequantizeQ6_K,
};

/**
 * Widens `length` numbers, whose bytes start at `at`, into `out` from `to` on. Floats are exact; a block's number is
 * computed in float64 and rounded to float32 once, as ggml's `dequantize_row` gives it.
 */
export function dequantize(
  dtype: DType,
  bytes: Uint8Array,
  at: number,
  length: number,
  out: Float32Array,
  to: number,
): void {
  if (dtype === "F32") {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let i = 0; i < length; i++) out[to + i] = view.getFloat32(at + 4 * i, true);
  } else if (dtype === "F16") {
    for (let i = 0; i < length; i++) out[to + i] = halfAt(bytes, at + 2 * i);
  } else if (dtype === "BF16") {
    const words = new Uint32Array(out.buffer, out.byteOffset, out.length);
    for (let i = 0; i < length; i++) words[to + i] = (bytes[at + 2 * i] << 16) | (bytes[at + 2 * i + 1] << 24);
  } else {
    const { blockSize, blockBytes } = FORMATS[dtype];
    const dequantizeBlock = BLOCKS[dtype];
    for (let i = 0; i < length; i += blockSize) dequantizeBlock(bytes, at + (i / blockSize) * blockBytes, out, to + i);
  }
}

/** Row `row` of a tensor, widened into `out`; rows of all leading lengths are counted through. */
export function dequantizeRow(tensor: Tensor, row: number, out: Float32Array): void {
  const length = rowLength(tensor);
  dequantize(tensor.dtype, tensor.bytes, row * rowBytes(tensor.dtype, length), length, out, 0);
}

/** All numbers of a tensor as float32. Always a copy. */
export function toFloat32(tensor: Tensor): Float32Array<ArrayBuffer> {
  const length = rowLength(tensor) * rowCount(tensor);
  const out = new Float32Array(length);
  dequantize(tensor.dtype, tensor.bytes, 0, length, out, 0);
  return out;
}
