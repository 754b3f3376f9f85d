import { UnsupportedModelError } from "../../errors.ts";
import type { DType } from "../../model.ts";
import { byteLength, DTYPES, FORMATS, isDType, rowLength } from "../../quantization/index.ts";
import { type ByteSource, refuseLfsPointer } from "../byte-source.ts";
import { HeaderReader, MoreBytesNeeded } from "./reader.ts";
import { GGUF_TENSOR_TYPES } from "./types.ts";
import { type GgufValue, readValue } from "./values.ts";

/** A tensor of a GGUF file. */
export interface GgufTensor {
  readonly name: string;
  readonly dtype: DType;
  /** Row-major: the last length is that of a row. The file has them the other way round. */
  readonly shape: readonly number[];
  /** First byte in the file. */
  readonly begin: number;
  readonly byteLength: number;
}

/** What a GGUF file says in front of its weights. */
export interface GgufHeader {
  readonly version: number;
  readonly metadata: ReadonlyMap<string, GgufValue>;
  readonly tensors: ReadonlyMap<string, GgufTensor>;
}

/** Bytes that are read at first: a header without a large vocabulary is shorter. */
const FIRST_BYTES = 1 << 20;

/** Dimensions of a tensor at most, as in ggml. */
const MAX_DIMENSIONS = 4;

/** Longest name of a tensor: ggml has room for 63 bytes, later files may have more. */
const MAX_NAME = 128;

/** Least bytes of a key with its value, and of a tensor's description: they bound the counts by the file's size. */
const PAIR_BYTES = 13;
const TENSOR_BYTES = 32;

/** Larger alignments than a page of 64 KiB have no use, and would put the data behind any end. */
const MAX_ALIGNMENT = 65_536;

/**
 * Reads and checks the header of a GGUF file, version 2 or 3, little-endian. Every tensor lies within the file, at a
 * multiple of the alignment, and overlaps no other.
 *
 * Throws `UnsupportedModelError` for another version, byte order or tensor type, `InvalidModelError` for all that
 * contradicts itself; both name the file and the thing. Source of the format: ggml's docs/gguf.md.
 */
export async function readGgufHeader(source: ByteSource, file: string): Promise<GgufHeader> {
  for (let length = Math.min(source.size, FIRST_BYTES); ; length = Math.min(source.size, 2 * length)) {
    const bytes = await source.read(0, length);
    refuseLfsPointer(bytes, file);
    try {
      return parseHeader(new HeaderReader(bytes, source.size, file), file);
    } catch (error) {
      if (!(error instanceof MoreBytesNeeded)) throw error;
    }
  }
}

function parseHeader(reader: HeaderReader, file: string): GgufHeader {
  const magic = String.fromCharCode(...reader.bytes(4, "the magic"));
  if (magic !== "GGUF") reader.fail(`begins with ${JSON.stringify(magic)}, not "GGUF"`);
  const version = reader.u32("the version");
  checkVersion(version, file);
  const tensorCount = reader.count("the tensor count", TENSOR_BYTES);
  const pairCount = reader.count("the metadata count", PAIR_BYTES);
  const metadata = readMetadata(reader, pairCount);
  const described = Array.from({ length: tensorCount }, () => describeTensor(reader, file));
  return { version, metadata, tensors: placeTensors(reader, described, alignmentOf(reader, metadata)) };
}

function checkVersion(version: number, file: string): void {
  if (version === 2 || version === 3) return;
  const isSwapped = (version & 0xffff) === 0 && version !== 0;
  const what = isSwapped
    ? "is big-endian, only little-endian files are"
    : `has GGUF version ${version}, only 2 and 3 are`;
  throw new UnsupportedModelError(`${file}: ${what} implemented`);
}

function readMetadata(reader: HeaderReader, count: number): Map<string, GgufValue> {
  const metadata = new Map<string, GgufValue>();
  for (let i = 0; i < count; i++) {
    const key = reader.text(`metadata key ${i}`);
    if (metadata.has(key)) reader.fail(`${key} is there twice`);
    metadata.set(key, readValue(reader, reader.u32(`the value type of ${key}`), key));
  }
  return metadata;
}

function alignmentOf(reader: HeaderReader, metadata: ReadonlyMap<string, GgufValue>): number {
  const alignment = metadata.get("general.alignment") ?? 32;
  const ok =
    typeof alignment === "number" &&
    Number.isInteger(alignment) &&
    alignment >= 1 &&
    alignment <= MAX_ALIGNMENT &&
    (alignment & (alignment - 1)) === 0;
  return ok
    ? alignment
    : reader.fail(`general.alignment must be a power of two up to ${MAX_ALIGNMENT}, got ${String(alignment)}`);
}

/** A tensor with its offset from the start of the data, which is not known yet. */
type Described = Omit<GgufTensor, "begin"> & { readonly offset: bigint };

function describeTensor(reader: HeaderReader, file: string): Described {
  const name = reader.text("a tensor's name");
  if (name.length > MAX_NAME) {
    reader.fail(`a tensor's name has ${name.length} characters, more than ${MAX_NAME}: ${name}`);
  }
  const dimensions = reader.u32(`the number of dimensions of ${name}`);
  if (dimensions < 1 || dimensions > MAX_DIMENSIONS) {
    reader.fail(`${name} has ${dimensions} dimensions, expected 1 to ${MAX_DIMENSIONS}`);
  }
  const lengths = Array.from({ length: dimensions }, () => reader.u64(`a dimension of ${name}`));
  const type = reader.u32(`the type of ${name}`);
  const dtype = GGUF_TENSOR_TYPES[type] ?? `number ${type}`;
  if (!isDType(dtype)) {
    throw new UnsupportedModelError(`${file}: ${name} has type ${dtype}, only ${DTYPES.join(", ")} are implemented`);
  }
  const shape = readShape(reader, name, lengths);
  if (rowLength({ name, dtype, shape }) % FORMATS[dtype].blockSize !== 0) {
    reader.fail(
      `${name} has rows of ${rowLength({ name, dtype, shape })} numbers, ` +
        `no whole blocks of ${dtype} (${FORMATS[dtype].blockSize})`,
    );
  }
  return {
    name,
    dtype,
    shape,
    byteLength: byteLength({ name, dtype, shape }),
    offset: reader.u64(`the offset of ${name}`),
  };
}

/** The most numbers of a tensor: their bytes must be exact as a double, and no file has as many. */
const MAX_ELEMENTS = 2n ** 48n;

function readShape(reader: HeaderReader, name: string, lengths: readonly bigint[]): readonly number[] {
  const elements = lengths.reduce((product, length) => product * length, 1n);
  if (elements < 1n || elements > MAX_ELEMENTS) {
    reader.fail(`${name} has shape [${lengths.join(", ")}], which is ${elements} numbers, more than the limit or none`);
  }
  return lengths.map(Number).toReversed();
}

function placeTensors(
  reader: HeaderReader,
  described: readonly Described[],
  alignment: number,
): Map<string, GgufTensor> {
  const dataBegin = Math.ceil(reader.at / alignment) * alignment;
  const tensors = new Map<string, GgufTensor>();
  for (const { offset, ...tensor } of described) {
    if (tensors.has(tensor.name)) reader.fail(`${tensor.name} is there twice`);
    if (offset % BigInt(alignment) !== 0n) {
      reader.fail(`${tensor.name} is at offset ${offset}, no multiple of the alignment ${alignment}`);
    }
    const end = BigInt(dataBegin) + offset + BigInt(tensor.byteLength);
    if (end > BigInt(reader.size)) {
      reader.fail(
        `${tensor.name} ends at byte ${end}, but the file has ${reader.size} bytes: it is cut, or its header lies`,
      );
    }
    tensors.set(tensor.name, { ...tensor, begin: dataBegin + Number(offset) });
  }
  checkOverlap(reader, [...tensors.values()]);
  return tensors;
}

function checkOverlap(reader: HeaderReader, tensors: GgufTensor[]): void {
  tensors.sort((a, b) => a.begin - b.begin);
  for (let i = 1; i < tensors.length; i++) {
    const before = tensors[i - 1];
    if (tensors[i].begin < before.begin + before.byteLength) {
      reader.fail(`${tensors[i].name} overlaps ${before.name} at byte ${tensors[i].begin}`);
    }
  }
}
