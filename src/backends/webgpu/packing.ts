import { assert } from "../../assert.ts";
import type { Tensor } from "../../model.ts";
import { FORMATS, isFloat, toFloat32 } from "../../quantization/index.ts";

/** Numbers as the kernels read them. */
export type FloatDType = "F32" | "F16" | "BF16";

/** Marks a padded input or column: its weights are zeros. */
export const PADDING = -1;

/**
 * How a matrix of the model is laid out for the kernels: [input, column], where each input and column is one of the
 * sources' or padding. Lengths are multiples of four.
 */
export interface MatrixPlan {
  readonly label: string;
  /** [out, in] each, all with the same number of inputs. */
  readonly sources: readonly Tensor[];
  /** By input: the sources' column. */
  readonly inputs: Int32Array;
  /** By column: which source, and which of its rows. */
  readonly columnSources: Int32Array;
  readonly columnRows: Int32Array;
}

/** The kind of number that the packed matrix holds: the sources' own where they agree on a float, else float32, which holds all. */
export function packedDType(plan: MatrixPlan): FloatDType {
  const [{ dtype }, ...rest] = plan.sources;
  return isFloat(dtype) && rest.every((tensor) => tensor.dtype === dtype) ? dtype : "F32";
}

/** Bytes of one input of `columns` columns. */
export function rowBytes(plan: MatrixPlan, columns: number): number {
  return columns * FORMATS[packedDType(plan)].blockBytes;
}

/** Packs columns [first, first + count) into `target`. */
export function pack(plan: MatrixPlan, first: number, count: number, target: ArrayBuffer): void {
  const dtype = packedDType(plan);
  const out = words(dtype, target, 0, plan.inputs.length * count);
  const sources = plan.sources.map((tensor) => bitsOf(tensor, dtype));
  for (let column = 0; column < count; column++) {
    const source = plan.columnSources[first + column];
    if (source !== PADDING) packColumn(plan, sources[source], plan.columnRows[first + column], out, column, count);
  }
}

function packColumn(plan: MatrixPlan, source: Words, row: number, out: Words, column: number, stride: number): void {
  const { inputs, sources } = plan;
  const start = row * sources[0].shape[1];
  for (let k = 0, at = column; k < inputs.length; k++, at += stride) {
    const input = inputs[k];
    if (input !== PADDING) out[at] = source[start + input];
  }
}

type Words = Uint16Array | Uint32Array;

/** The tensor's numbers as `dtype`, as bits, copied only where they must be. */
function bitsOf(tensor: Tensor, dtype: FloatDType): Words {
  if (tensor.dtype !== dtype) {
    assert(dtype === "F32", "only float32 holds every kind");
    return new Uint32Array(toFloat32(tensor).buffer);
  }
  const { bytes } = tensor;
  const size = FORMATS[dtype].blockBytes;
  const aligned = bytes.byteOffset % size === 0 ? bytes : bytes.slice();
  return words(dtype, aligned.buffer as ArrayBuffer, aligned.byteOffset, aligned.byteLength / size);
}

function words(dtype: FloatDType, buffer: ArrayBuffer, byteOffset: number, length: number): Words {
  return dtype === "F32" ? new Uint32Array(buffer, byteOffset, length) : new Uint16Array(buffer, byteOffset, length);
}
