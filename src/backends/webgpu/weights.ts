import { DeviceLimitError } from "../../errors.ts";
import { dequantize, rowLength } from "../../quantization/index.ts";
import { type Buffers, STORAGE } from "./buffers.ts";
import {
  type DeviceDType,
  type MatrixPlan,
  PADDING,
  type PackedPiece,
  type PackedRange,
  type WeightTensor,
  packSource,
  packedBytes,
  packedDType,
  piecesOf,
} from "./packing.ts";
import { VECTOR_BYTES, vectors } from "./shape.ts";

/** What of a matrix lies in one buffer: columns, counted in vectors, of some of its experts. */
export interface MatrixPart {
  readonly buffer: GPUBuffer;
  readonly firstColumn: number;
  readonly columnCount: number;
  readonly firstExpert: number;
  readonly expertCount: number;
}

/** A matrix on the device, split where one binding cannot hold it. */
export interface DeviceMatrix {
  readonly dtype: DeviceDType;
  /** Vectors of an input row. */
  readonly inputs: number;
  readonly parts: readonly MatrixPart[];
  /** By column, of all parts; null where there is none. */
  readonly bias: GPUBuffer | null;
}

/** The bytes of a tensor, read now where they are not in memory. */
async function bytesOf(tensor: WeightTensor): Promise<Uint8Array> {
  return "bytes" in tensor ? tensor.bytes : tensor.read();
}

/** Bytes that are packed at a time: some 20 ms of JavaScript between two turns of the event loop. */
const PIECE_BYTES = 4 * 1024 * 1024;

/**
 * Packs and uploads piece by piece: beside the device the host holds the sources of one matrix and one piece. Rejects
 * with `DeviceLimitError` where not even four columns, or one expert, fit a binding of `bindingBytes`.
 */
export async function uploadMatrix(buffers: Buffers, plan: MatrixPlan, bindingBytes: number): Promise<DeviceMatrix> {
  const split = splitOf(plan, bindingBytes);
  const parts = split.map((range) => ({
    buffer: buffers.create(plan.label, range.matrixCount * packedBytes(plan, range.columnCount), STORAGE),
    firstColumn: range.firstColumn / 4,
    columnCount: range.columnCount / 4,
    firstExpert: range.firstMatrix,
    expertCount: range.matrixCount,
  }));
  const sources: Uint8Array[] = [];
  for (const tensor of plan.sources) sources.push(await bytesOf(tensor));
  for (const [i, range] of split.entries()) {
    let offset = 0;
    for (const piece of piecesOf(plan, range, PIECE_BYTES)) {
      const packed = packPiece(plan, sources, piece);
      await buffers.write(parts[i].buffer, offset, packed);
      offset += packed.byteLength;
    }
  }
  return { dtype: packedDType(plan), inputs: plan.inputs.length / 4, parts, bias: await uploadBias(buffers, plan) };
}

function packPiece(plan: MatrixPlan, sources: readonly Uint8Array[], piece: PackedPiece): ArrayBuffer {
  const target = new ArrayBuffer((packedBytes(plan, piece.columnCount) / plan.inputs.length) * piece.inputCount);
  for (const [source, bytes] of sources.entries()) packSource(plan, source, bytes, piece, target);
  return target;
}

/** Experts are split from each other, one matrix by columns. */
function splitOf(plan: MatrixPlan, bindingBytes: number): PackedRange[] {
  const columns = plan.columnRows.length;
  if (plan.matrixCount > 1) {
    const perPart = atLeastOne(bindingBytes, packedBytes(plan, columns), `one expert of ${plan.label} needs`);
    return ranges(plan.matrixCount, perPart).map(([firstMatrix, matrixCount]) => ({
      firstMatrix,
      matrixCount,
      firstColumn: 0,
      columnCount: columns,
    }));
  }
  const perPart = atLeastOne(bindingBytes, packedBytes(plan, 4), `four columns of ${plan.label} need`);
  return ranges(columns / 4, perPart).map(([first, count]) => ({
    firstMatrix: 0,
    matrixCount: 1,
    firstColumn: 4 * first,
    columnCount: 4 * count,
  }));
}

function atLeastOne(bindingBytes: number, bytes: number, what: string): number {
  const count = Math.floor(bindingBytes / bytes);
  if (count > 0) return count;
  throw new DeviceLimitError(`maxStorageBufferBindingSize is ${bindingBytes}, ${what} ${bytes}`);
}

/** [first, count] of pieces of `total`, `most` each. */
function ranges(total: number, most: number): [number, number][] {
  return Array.from({ length: Math.ceil(total / most) }, (_, i) => [i * most, Math.min(most, total - i * most)]);
}

async function uploadBias(
  buffers: Buffers,
  { label, biases, columnSources, columnRows }: MatrixPlan,
): Promise<GPUBuffer | null> {
  if (biases.every((bias) => bias === null)) return null;
  const numbers: (Float32Array | null)[] = [];
  for (const bias of biases) numbers.push(bias && (await numbersOf(bias)));
  const values = Float32Array.from(columnRows, (row, i) =>
    row === PADDING ? 0 : (numbers[columnSources[i]]?.[row] ?? 0),
  );
  return uploadNumbers(buffers, `bias of ${label}`, values);
}

/** A vector of the model as float32. */
export async function numbersOf(tensor: WeightTensor): Promise<Float32Array> {
  const length = rowLength(tensor);
  const numbers = new Float32Array(length);
  dequantize(tensor.dtype, await bytesOf(tensor), 0, length, numbers, 0);
  return numbers;
}

/** A vector of the model as float32, padded with zeros to whole vectors of four. */
export async function uploadVector(buffers: Buffers, tensor: WeightTensor): Promise<GPUBuffer> {
  return uploadNumbers(buffers, tensor.name, await numbersOf(tensor));
}

/** Float32 numbers, padded with zeros to whole vectors of four. */
export function uploadNumbers(buffers: Buffers, label: string, numbers: Float32Array): GPUBuffer {
  const fill = (target: ArrayBuffer): void => new Float32Array(target).set(numbers);
  return buffers.createFilled(label, vectors(numbers.length) * VECTOR_BYTES, STORAGE, fill);
}
