import type { BlockDType, Tensor } from "../model.ts";
import { FORMATS, isFloat } from "./formats.ts";

/** Where a block has its binary16 factors: if these are finite, so are its numbers. */
const FACTORS: Readonly<Record<BlockDType, readonly number[]>> = {
  Q8_0: [0],
  Q4_0: [0],
  Q4_1: [0, 2],
  Q5_0: [0],
  Q5_1: [0, 2],
  IQ4_NL: [0],
  Q2_K: [80, 82],
  Q3_K: [108],
  Q4_K: [0, 2],
  Q5_K: [0, 2],
  Q6_K: [208],
};

/** Number of the first element, or of the first of the first block, that is NaN or infinite; -1 where all are finite. */
export function findNotFinite({ dtype, bytes }: Tensor): number {
  const { blockSize, blockBytes } = FORMATS[dtype];
  if (isFloat(dtype)) return findNotFiniteFloat(bytes, blockBytes, dtype === "F16" ? 0x7c : 0x7f);
  const factors = FACTORS[dtype];
  for (let at = 0; at < bytes.length; at += blockBytes) {
    for (const factor of factors) if ((bytes[at + factor + 1] & 0x7c) === 0x7c) return (at / blockBytes) * blockSize;
  }
  return -1;
}

/** All exponent bits are set: of F16 five in the top byte; of BF16 and F32 seven there and one in the byte below. */
function findNotFiniteFloat(bytes: Uint8Array, size: number, mask: number): number {
  for (let at = size - 1; at < bytes.length; at += size) {
    if ((bytes[at] & mask) === mask && (mask === 0x7c || (bytes[at - 1] & 0x80) !== 0)) return (at + 1) / size - 1;
  }
  return -1;
}
