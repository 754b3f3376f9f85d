import { assert } from "../../assert.ts";
import { UnsupportedModelError } from "../../errors.ts";
import type { DType, LazyTensor, Tensor } from "../../model.ts";
import { FORMATS, dequantize, isFloat, numberToHalf, rowBytes } from "../../quantization/index.ts";

/** Formats that the kernels read. */
export const DEVICE_DTYPES = ["F32", "F16", "BF16", "Q8_0", "Q4_0"] as const;
export type DeviceDType = (typeof DEVICE_DTYPES)[number];

/** What other formats become while a model is loaded. */
export const WIDENED_DTYPE: DeviceDType = "F16";

/** A tensor in memory, or a tensor that is read when it is packed. */
export type WeightTensor = Tensor | LazyTensor;

/** Marks a padded input or column: its weights are zeros. */
export const PADDING = -1;

/**
 * How a matrix of the model is laid out for the kernels: [input, column], where each input and column is one of the
 * sources' or padding. Lengths are multiples of four.
 */
export interface MatrixPlan {
  readonly label: string;
  /** [out, in] each, or [matrix, out, in], all with the same number of inputs. */
  readonly sources: readonly WeightTensor[];
  /** By source: [out], or null where there is none. */
  readonly biases: readonly (WeightTensor | null)[];
  /** Matrices of the sources, one for each expert; 1 where there are no experts. */
  readonly matrixCount: number;
  /** By input: the sources' column. */
  readonly inputs: Int32Array;
  /** By column: which source, and which of its rows. */
  readonly columnSources: Int32Array;
  readonly columnRows: Int32Array;
}

/**
 * The format of the packed matrix: the sources' own if they agree on it and the kernels read it. Others become F16; a
 * mix with F32 or BF16 becomes F32, as F16 does not hold their range.
 */
export function packedDType({ sources, inputs }: MatrixPlan): DeviceDType {
  const [{ dtype }, ...rest] = sources;
  const isReadable =
    (DEVICE_DTYPES as readonly DType[]).includes(dtype) && rest.every((tensor) => tensor.dtype === dtype);
  if (isReadable && (isFloat(dtype) || inputs.every((input, i) => input === i))) return dtype as DeviceDType;
  return sources.some((tensor) => tensor.dtype === "F32" || tensor.dtype === "BF16") ? "F32" : WIDENED_DTYPE;
}

/** Bytes of `columns` columns, a multiple of four, of one matrix. */
export function packedBytes(plan: MatrixPlan, columns: number): number {
  return columns * rowBytes(packedDType(plan), plan.inputs.length);
}

/** What one buffer holds of a plan: columns [firstColumn, firstColumn + columnCount) of some of its matrices. */
export interface PackedRange {
  readonly firstMatrix: number;
  readonly matrixCount: number;
  readonly firstColumn: number;
  readonly columnCount: number;
}

/** A piece of a range: inputs [firstInput, firstInput + inputCount) of one matrix, whole blocks of the format. */
export interface PackedPiece {
  readonly matrix: number;
  readonly firstColumn: number;
  readonly columnCount: number;
  readonly firstInput: number;
  readonly inputCount: number;
}

/** Inputs of a piece are a multiple of this, so that it has whole blocks and whole vectors. */
const PIECE_INPUTS = 32;

/** The pieces of a range, in the order of their bytes, each of at most `mostBytes` unless 32 inputs take more. */
export function* piecesOf(plan: MatrixPlan, range: PackedRange, mostBytes: number): Generator<PackedPiece> {
  const { firstColumn, columnCount } = range;
  const inputs = plan.inputs.length;
  const bytesOfInputs = (packedBytes(plan, columnCount) / inputs) * PIECE_INPUTS;
  const most = PIECE_INPUTS * Math.max(1, Math.floor(mostBytes / bytesOfInputs));
  for (let i = 0; i < range.matrixCount; i++) {
    for (let firstInput = 0; firstInput < inputs; firstInput += most) {
      const inputCount = Math.min(most, inputs - firstInput);
      yield { matrix: range.firstMatrix + i, firstColumn, columnCount, firstInput, inputCount };
    }
  }
}

/** Packs what `piece` has of source `source`, whose bytes are `bytes`, into `target`; the rest of `target` stays. */
export function packSource(
  plan: MatrixPlan,
  source: number,
  bytes: Uint8Array,
  piece: PackedPiece,
  target: ArrayBuffer,
): void {
  const { name, dtype, shape } = plan.sources[source];
  const tensor = { name, dtype, bytes, rowLength: shape.at(-1)! };
  const put = putterOf(plan, tensor, piece, target);
  const firstRow = piece.matrix * shape.at(-2)!;
  for (let column = 0; column < piece.columnCount; column++) {
    const from = piece.firstColumn + column;
    if (plan.columnSources[from] === source) put(firstRow + plan.columnRows[from], column);
  }
}

interface Source {
  readonly name: string;
  readonly dtype: DType;
  readonly bytes: Uint8Array;
  readonly rowLength: number;
}

/** Packs a source's row `row` as column `column` of the target. */
type PutRow = (row: number, column: number) => void;

function putterOf(plan: MatrixPlan, source: Source, piece: PackedPiece, target: ArrayBuffer): PutRow {
  const packed = packedDType(plan);
  if (packed === "Q8_0" || packed === "Q4_0") return blockPutter(packed, source, piece, target);
  const numbers = packed === "F32" ? new Uint32Array(target) : new Uint16Array(target);
  const { inputs } = plan;
  const { columnCount, firstInput, inputCount } = piece;
  const wanted = inputs.subarray(firstInput, firstInput + inputCount);
  const rowOf = packed === source.dtype ? storedRows(source) : widenedRows(source, packed, wanted);
  return (row, column) => {
    const { words, start } = rowOf(row);
    for (let k = 0, at = column; k < inputCount; k++, at += columnCount) {
      const input = wanted[k];
      if (input !== PADDING) numbers[at] = words[start + input];
    }
  };
}

type Words = Uint16Array | Uint32Array;
/** The bits of a row's numbers, from `start` on. */
type RowOf = (row: number) => { readonly words: Words; readonly start: number };

/** Rows as they are stored, copied only where their bytes are not aligned. */
function storedRows({ dtype, bytes, rowLength }: Source): RowOf {
  const size = FORMATS[dtype].blockBytes;
  const aligned = bytes.byteOffset % size === 0 ? bytes : bytes.slice();
  const length = aligned.byteLength / size;
  const words =
    size === 4
      ? new Uint32Array(aligned.buffer, aligned.byteOffset, length)
      : new Uint16Array(aligned.buffer, aligned.byteOffset, length);
  return (row) => ({ words, start: row * rowLength });
}

/** Rows widened one at a time, from the block with the first wanted number to that with the last. */
function widenedRows({ name, dtype, bytes, rowLength }: Source, packed: DeviceDType, wanted: Int32Array): RowOf {
  const { blockSize, blockBytes } = FORMATS[dtype];
  const used = wanted.filter((input) => input !== PADDING);
  const first = Math.floor(used.reduce((low, input) => Math.min(low, input), rowLength) / blockSize) * blockSize;
  const last = used.reduce((high, input) => Math.max(high, input), first);
  const length = Math.min(rowLength, (Math.floor(last / blockSize) + 1) * blockSize) - first;
  const numbers = new Float32Array(length);
  const halves = new Uint16Array(length);
  const bits = new Uint32Array(numbers.buffer);
  const perRow = rowBytes(dtype, rowLength);
  const start = -first;
  return (row) => {
    dequantize(dtype, bytes, row * perRow + (first / blockSize) * blockBytes, length, numbers, 0);
    if (packed === "F32") return { words: bits, start };
    for (let i = 0; i < length; i++) halves[i] = halfOf(numbers[i], name);
    return { words: halves, start };
  };
}

function halfOf(value: number, name: string): number {
  const half = numberToHalf(value);
  if ((half & 0x7c00) === 0x7c00) {
    throw new UnsupportedModelError(`${name} holds ${value}, which is too large for F16, the format it is widened to`);
  }
  return half;
}

/**
 * Blocks as weights-q8_0.wgsl and weights-q4_0.wgsl read them: two words with four scales, then the numbers of four
 * columns side by side.
 */
function blockPutter(
  dtype: "Q8_0" | "Q4_0",
  { bytes, rowLength }: Source,
  { columnCount, firstInput, inputCount }: PackedPiece,
  target: ArrayBuffer,
): PutRow {
  const out = new Uint8Array(target);
  const { blockSize, blockBytes } = FORMATS[dtype];
  const [blocksOfRow, firstBlock, blocks] = [rowLength, firstInput, inputCount].map((size) => size / blockSize);
  const stride = columnCount; // bytes of a word of each vector of columns
  assert(stride % 4 === 0, "columns are packed four at a time");
  const putNumbers = dtype === "Q8_0" ? putBytes : putNibbles;
  return (row, column) => {
    const lane = column % 4;
    const word = column - lane;
    for (let block = 0; block < blocks; block++) {
      const from = (row * blocksOfRow + firstBlock + block) * blockBytes;
      const to = block * blockBytes * stride + word;
      const scale = to + (lane >> 1) * stride + 2 * (lane & 1);
      out[scale] = bytes[from];
      out[scale + 1] = bytes[from + 1];
      putNumbers(out, to + 2 * stride + lane, stride, bytes, from + 2);
    }
  };
}

function putBytes(out: Uint8Array, to: number, stride: number, bytes: Uint8Array, from: number): void {
  for (let i = 0; i < 32; i++) out[to + i * stride] = bytes[from + i];
}

/** Inputs 2i and 2i + 1 share a byte; as stored, inputs i and i + 16 do. */
function putNibbles(out: Uint8Array, to: number, stride: number, bytes: Uint8Array, from: number): void {
  for (let i = 0; i < 16; i++) {
    const at = from + ((2 * i) & 15);
    const shift = i < 8 ? 0 : 4;
    out[to + i * stride] = ((bytes[at] >> shift) & 15) | (((bytes[at + 1] >> shift) & 15) << 4);
  }
}
