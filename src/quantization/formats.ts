import { assert } from "../assert.ts";
import type { DType, TensorInfo } from "../model.ts";

/** A row is a run of blocks of `blockSize` numbers in `blockBytes` bytes each. */
export interface Format {
  readonly blockSize: number;
  readonly blockBytes: number;
}

/** Layouts by name. Block formats follow ggml (ggml-common.h); floats are blocks of one number. */
export const FORMATS: Readonly<Record<DType, Format>> = {
  F32: { blockSize: 1, blockBytes: 4 },
  F16: { blockSize: 1, blockBytes: 2 },
  BF16: { blockSize: 1, blockBytes: 2 },
  Q8_0: { blockSize: 32, blockBytes: 34 },
  Q4_0: { blockSize: 32, blockBytes: 18 },
  Q4_1: { blockSize: 32, blockBytes: 20 },
  Q5_0: { blockSize: 32, blockBytes: 22 },
  Q5_1: { blockSize: 32, blockBytes: 24 },
  IQ4_NL: { blockSize: 32, blockBytes: 18 },
  Q2_K: { blockSize: 256, blockBytes: 84 },
  Q3_K: { blockSize: 256, blockBytes: 110 },
  Q4_K: { blockSize: 256, blockBytes: 144 },
  Q5_K: { blockSize: 256, blockBytes: 176 },
  Q6_K: { blockSize: 256, blockBytes: 210 },
};

export const DTYPES = Object.keys(FORMATS) as readonly DType[];

export function isDType(name: string): name is DType {
  return Object.hasOwn(FORMATS, name);
}

/** Whether each number is stored by itself: F32, F16, BF16. */
export function isFloat(dtype: DType): dtype is "F32" | "F16" | "BF16" {
  return FORMATS[dtype].blockSize === 1;
}

/** Bytes of `length` numbers of one row; `length` must be a multiple of the block size. */
export function rowBytes(dtype: DType, length: number): number {
  const { blockSize, blockBytes } = FORMATS[dtype];
  assert(length % blockSize === 0, () => `${length} numbers are no whole blocks of ${dtype}`);
  return (length / blockSize) * blockBytes;
}

/** Numbers of one row: the last length of the shape. */
export function rowLength({ shape }: TensorInfo): number {
  return shape.at(-1) ?? 1;
}

/** Rows of a tensor: the product of all lengths but the last. */
export function rowCount({ shape }: TensorInfo): number {
  return shape.slice(0, -1).reduce((product, length) => product * length, 1);
}

/** Bytes of a whole tensor. */
export function byteLength(tensor: TensorInfo): number {
  return rowCount(tensor) * rowBytes(tensor.dtype, rowLength(tensor));
}
