import { InvalidModelError } from "../../errors.ts";
import type { DType, TensorInfo } from "../../model.ts";
import { isFloat, rowBytes, rowCount, rowLength } from "../../quantization/index.ts";
import type { Arena } from "./arena.ts";
import type { Kernels } from "./kernels.ts";
import { recordBytes, writeRecord } from "./records.ts";

/** Outputs of a group: kernels/layout.as. */
const GROUP = 8;

/** Numbers of the stored types, as kernels/layout.as and kernels/block-formats.as have them. */
const TYPES: Readonly<Record<DType, number>> = {
  F32: 0,
  F16: 1,
  BF16: 2,
  Q8_0: 3,
  Q4_0: 4,
  Q4_1: 16,
  Q5_0: 17,
  Q5_1: 18,
  Q2_K: 19,
  Q3_K: 20,
  Q4_K: 21,
  Q5_K: 22,
  Q6_K: 23,
  IQ4_NL: 24,
};

/** The kind that other block formats become: int8 with a float scale and minimum for each 16. */
const SCALED = 5;

/** Bytes of a group by kind, for one input (floats) or 32 (blocks). */
const GROUP_BYTES: readonly number[] = [32, 16, 16, 272, 144, 384];

/** A matrix in the backend's memory: its record and its numbers. */
export interface PlacedMatrix {
  readonly tensor: TensorInfo;
  readonly record: number;
  readonly data: number;
  readonly kind: number;
  readonly groups: number;
  readonly groupBytes: number;
  readonly segmentRows: number;
  readonly segmentGroups: number;
}

/**
 * Places a matrix [.., inputs] whose rows come in segments (heads, experts) of `segmentRows`, each padded to whole
 * groups of 8.
 */
export function placeMatrix(arena: Arena, tensor: TensorInfo, segmentRows: number): PlacedMatrix {
  const inputs = rowLength(tensor);
  const kind = kindOf(tensor.dtype);
  if (kind >= TYPES.Q8_0 && inputs % 32 !== 0) {
    throw new InvalidModelError(`${tensor.name}: rows of ${inputs} numbers are no whole blocks of ${tensor.dtype}`);
  }
  const groupBytes = GROUP_BYTES[kind] * (isFloat(tensor.dtype) ? inputs : inputs / 32);
  const segmentGroups = Math.ceil(segmentRows / GROUP);
  const groups = segmentGroups * (rowCount(tensor) / segmentRows);
  const record = arena.take(recordBytes("Matrix"), tensor.name);
  const data = arena.take(groups * groupBytes, tensor.name);
  return { tensor, record, data, kind, groups, groupBytes, segmentRows, segmentGroups };
}

function kindOf(dtype: DType): number {
  return TYPES[dtype] < 16 ? TYPES[dtype] : SCALED;
}

/** A record of one segment of a placed matrix: an expert's own. */
export function writeSegment(buffer: ArrayBufferLike, matrix: PlacedMatrix, segment: number, record: number): void {
  const { segmentGroups, groupBytes } = matrix;
  writeMatrix(buffer, {
    ...matrix,
    record,
    groups: segmentGroups,
    data: matrix.data + segment * segmentGroups * groupBytes,
  });
}

/** Writes the matrix's record. */
export function writeMatrix(buffer: ArrayBufferLike, matrix: PlacedMatrix): void {
  const { tensor, record, data, kind, groups, groupBytes, segmentRows, segmentGroups } = matrix;
  writeRecord(buffer, "Matrix", record, {
    kind,
    data,
    groups,
    inputs: rowLength(tensor),
    groupBytes,
    segmentRows,
    segmentGroups,
  });
}

/** Bytes of tensor rows that are packed at once. */
export const STAGING_BYTES = 2 ** 22;

/** Bytes of staging memory that a matrix needs: STAGING_BYTES, or one group where rows are very long. */
export function stagingBytes({ tensor }: PlacedMatrix): number {
  return Math.max(STAGING_BYTES, GROUP * rowBytes(tensor.dtype, rowLength(tensor)));
}

/**
 * Packs a matrix's rows from the tensor's bytes, some megabytes at a time; yields between them, so that the caller can
 * breathe.
 */
export function* packMatrix(
  kernels: Kernels,
  buffer: ArrayBufferLike,
  matrix: PlacedMatrix,
  bytes: Uint8Array,
  staging: number,
): Generator<void> {
  const { tensor, record, groups } = matrix;
  const stride = rowBytes(tensor.dtype, rowLength(tensor));
  const step = Math.max(1, Math.floor(stagingBytes(matrix) / (GROUP * stride)));
  const memory = new Uint8Array(buffer);
  for (let first = 0; first < groups; first += step) {
    const end = Math.min(first + step, groups);
    const [firstRow, endRow] = [rowOf(matrix, first), rowOf(matrix, end)];
    memory.set(bytes.subarray(firstRow * stride, endRow * stride), staging);
    kernels.packGroups(record, TYPES[tensor.dtype], stride, first, end, staging, firstRow);
    yield;
  }
}

/** The tensor's row that a group begins with. */
function rowOf({ segmentGroups, segmentRows }: PlacedMatrix, group: number): number {
  return Math.floor(group / segmentGroups) * segmentRows + (group % segmentGroups) * GROUP;
}
