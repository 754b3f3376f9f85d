import { type Buffers, USAGE } from "./buffers.ts";

/** What a dispatch covers: the fields of kernels/part.wgsl, in its order; 0 where a kernel does not use one. */
export interface Part {
  readonly firstColumn?: number;
  readonly columnCount?: number;
  readonly firstRow?: number;
  readonly layerOffset?: number;
  readonly firstHead?: number;
  readonly headCount?: number;
  readonly blockStride?: number;
  readonly group?: number;
  readonly firstExpert?: number;
  readonly expertCount?: number;
}

const PART_BYTES = 48;

/** A part as a uniform buffer, written once. */
export function createPart(buffers: Buffers, part: Part): GPUBuffer {
  const {
    firstColumn = 0,
    columnCount = 0,
    firstRow = 0,
    layerOffset = 0,
    firstHead = 0,
    headCount = 0,
    blockStride = 0,
  } = part;
  const { group = 0, firstExpert = 0, expertCount = 0 } = part;
  const words = [
    firstColumn,
    columnCount,
    firstRow,
    layerOffset,
    firstHead,
    headCount,
    blockStride,
    group,
    firstExpert,
    expertCount,
  ];
  return buffers.createFilled("a part", PART_BYTES, USAGE.UNIFORM, (target) => new Uint32Array(target).set(words));
}
