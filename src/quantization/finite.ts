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

/**
 * Number of the first element, or of the first of the first block, that is NaN or infinite; -1 where all are finite.
 */
export function findNotFinite({ dtype, bytes }: Tensor): number {
  const { blockSize, blockBytes } = FORMATS[dtype];
  if (isFloat(dtype)) return findNotFiniteFloat(bytes, dtype);
  const factors = FACTORS[dtype];
  for (let at = 0; at < bytes.length; at += blockBytes) {
    for (const factor of factors) if ((bytes[at + factor + 1] & 0x7c) === 0x7c) return (at / blockBytes) * blockSize;
  }
  return -1;
}

/** Exponent bits of a float, all set where it is not finite, twice in a word of 32 bits where it has 16. */
const EXPONENTS = { F32: [0x7f80_0000], F16: [0x7c00, 0x7c00_0000], BF16: [0x7f80, 0x7f80_0000] } as const;

/**
 * A word at a time: twice as fast as byte by byte (bench/models/load.bench.ts). What is no whole word is looked at
 * alone.
 */
function findNotFiniteFloat(bytes: Uint8Array, dtype: "F32" | "F16" | "BF16"): number {
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  const words = new Uint32Array(aligned.buffer, aligned.byteOffset, aligned.length >> 2);
  const [low, high = low] = EXPONENTS[dtype];
  const perWord = dtype === "F32" ? 1 : 2;
  for (let i = 0; i < words.length; i++) {
    const word = words[i];
    if ((word & low) === low) return perWord * i;
    if ((word & high) === high) return perWord * i + perWord - 1;
  }
  const rest = words.length * 4;
  const last = aligned.length - rest === 2 ? (aligned[rest] | (aligned[rest + 1] << 8)) & low : 0;
  return last === low ? perWord * words.length : -1;
}
