import type { BlockDType } from "../model.ts";
import { dequantize, FORMATS, numberToHalf } from "../quantization/index.ts";

/**
 * Places of a block's binary16 scale and, where there is one, of its minimum; and the minimum of scale 1 that makes the
 * mean about 0.
 */
const SCALES: Readonly<
  Record<BlockDType, { readonly scale: number; readonly minimum?: number; readonly centre?: number }>
> = {
  Q8_0: { scale: 0 },
  Q4_0: { scale: 0 },
  Q4_1: { scale: 0, minimum: 2, centre: -7.5 },
  Q5_0: { scale: 0 },
  Q5_1: { scale: 0, minimum: 2, centre: -15.5 },
  IQ4_NL: { scale: 0 },
  Q2_K: { scale: 80, minimum: 82, centre: 1.5 },
  Q3_K: { scale: 108 },
  Q4_K: { scale: 0, minimum: 2, centre: 7.5 },
  Q5_K: { scale: 0, minimum: 2, centre: 15.5 },
  Q6_K: { scale: 208 },
};

const ONE = 1;

/**
 * Blocks of random integers, `count` numbers in all, whose standard deviation is about `deviation`. `uniform(i)` is in
 * [0, 1).
 */
export function randomBlocks(
  dtype: BlockDType,
  count: number,
  deviation: number,
  uniform: (i: number) => number,
): Uint8Array {
  const { blockSize, blockBytes } = FORMATS[dtype];
  const bytes = Uint8Array.from({ length: (count / blockSize) * blockBytes }, (_, i) => Math.floor(256 * uniform(i)));
  setScales(dtype, bytes, ONE);
  setScales(dtype, bytes, deviation / deviationOf(dtype, bytes, count));
  return bytes;
}

function setScales(dtype: BlockDType, bytes: Uint8Array, scale: number): void {
  const { scale: at, minimum, centre = 0 } = SCALES[dtype];
  const view = new DataView(bytes.buffer);
  for (let block = 0; block < bytes.length; block += FORMATS[dtype].blockBytes) {
    view.setUint16(block + at, numberToHalf(scale), true);
    if (minimum !== undefined) view.setUint16(block + minimum, numberToHalf(scale * centre), true);
  }
}

function deviationOf(dtype: BlockDType, bytes: Uint8Array, count: number): number {
  const numbers = new Float32Array(count);
  dequantize(dtype, bytes, 0, count, numbers, 0);
  return Math.sqrt(numbers.reduce((sum, x) => sum + x * x, 0) / count);
}
