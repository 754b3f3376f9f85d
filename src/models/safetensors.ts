import { InvalidModelError, UnsupportedModelError } from "../errors.ts";
import { describe, excerpt, isObject, parseStrictJsonObject } from "../json.ts";
import { type ByteSource, refuseLfsPointer } from "./byte-source.ts";
import type { FileTensor } from "./file-tensors.ts";
import { isDType } from "../quantization/index.ts";

/**
 * Bits an element, by safetensors name. Known here means that a file may hold it, not that a backend computes with it.
 */
const BITS_PER_ELEMENT = {
  BOOL: 8,
  U8: 8,
  I8: 8,
  U16: 16,
  I16: 16,
  U32: 32,
  I32: 32,
  U64: 64,
  I64: 64,
  F4: 4,
  F6_E2M3: 6,
  F6_E3M2: 6,
  F8_E4M3: 8,
  F8_E5M2: 8,
  F8_E8M0: 8,
  F16: 16,
  BF16: 16,
  F32: 32,
  F64: 64,
  C64: 64,
} as const;

export type StoredDType = keyof typeof BITS_PER_ELEMENT;

/** The little-endian u64 in front of the header. */
const PREFIX_BYTES = 8;

/** Enough of a file to know a Git LFS pointer. */
const LFS_BYTES = 64;

/** Longest header: the limit of the safetensors library, so that a lying length is not parsed for minutes. */
export const MAX_HEADER_BYTES = 100_000_000;

/** Where a file's tensors begin, and how many bytes they have together. */
interface Data {
  readonly begin: number;
  readonly size: number;
}

/**
 * The tensors of a safetensors file, by name; `file` is for messages. The header alone is read.
 *
 * Law: the tensors cover the bytes after the header exactly, without holes and without overlap.
 * Throws `InvalidModelError` on anything else. Source: huggingface/safetensors, README "Format".
 */
export async function readSafetensors(source: ByteSource, file: string): Promise<Map<string, FileTensor>> {
  const length = await readHeaderLength(source, file);
  const entries = parseStrictJsonObject(await source.read(PREFIX_BYTES, length), `${file}: header`);
  const data = { begin: PREFIX_BYTES + length, size: source.size - PREFIX_BYTES - length };
  const tensors = new Map<string, FileTensor>();
  for (const [name, entry] of Object.entries(entries)) {
    if (name === "__metadata__") continue;
    tensors.set(name, readTensor(name, entry, data, { source, file }));
  }
  checkCoverage([...tensors.values()], data, file);
  return tensors;
}

async function readHeaderLength(source: ByteSource, file: string): Promise<number> {
  const begin = await source.read(0, Math.min(source.size, LFS_BYTES));
  refuseLfsPointer(begin, file);
  if (begin.length < PREFIX_BYTES) {
    throw new InvalidModelError(
      `${file}: ${begin.length} bytes are too few for a safetensors file, the header length alone has ${PREFIX_BYTES}`,
    );
  }
  const length = new DataView(begin.buffer, begin.byteOffset, PREFIX_BYTES).getBigUint64(0, true);
  if (length > BigInt(MAX_HEADER_BYTES)) {
    throw new InvalidModelError(`${file}: header length ${length} is over the limit of ${MAX_HEADER_BYTES} bytes`);
  }
  if (PREFIX_BYTES + Number(length) > source.size) {
    throw new InvalidModelError(
      `${file}: header length ${length} goes beyond the end of the file, which has ${source.size} bytes`,
    );
  }
  return Number(length);
}

function readTensor(name: string, entry: unknown, data: Data, from: Pick<FileTensor, "source" | "file">): FileTensor {
  const place = `${from.file}: ${name}`;
  if (!isObject(entry)) throw new InvalidModelError(`${place} must be an object, ${describe(entry)}`);
  const dtype = readDType(entry["dtype"], place);
  const shape = readShape(entry["shape"], place);
  const [begin, end] = readOffsets(entry["data_offsets"], data.size, place);
  const bits = BITS_PER_ELEMENT[dtype] * shape.reduce((product, length) => product * length, 1);
  if (bits !== 8 * (end - begin)) {
    if (!isDType(dtype)) {
      throw new UnsupportedModelError(
        `${place} has type ${dtype}, only F32, F16 and BF16 are implemented in safetensors`,
      );
    }
    throw new InvalidModelError(
      `${place} has ${end - begin} bytes, ${dtype} of shape ${excerpt(shape)} needs ${bits / 8}`,
    );
  }
  return { name, dtype, shape, ...from, begin: data.begin + begin, byteLength: end - begin };
}

function readDType(value: unknown, place: string): StoredDType {
  if (typeof value === "string" && Object.hasOwn(BITS_PER_ELEMENT, value)) return value as StoredDType;
  throw new InvalidModelError(`${place} has unknown dtype ${excerpt(value)}`);
}

function readShape(value: unknown, place: string): readonly number[] {
  const ok = Array.isArray(value) && value.every((length) => Number.isSafeInteger(length) && length >= 0);
  if (!ok) throw new InvalidModelError(`${place} has shape ${excerpt(value)}, expected a list of integers from 0`);
  return value as number[];
}

function readOffsets(value: unknown, size: number, place: string): readonly [number, number] {
  const ok =
    Array.isArray(value) && value.length === 2 && value.every((offset) => Number.isSafeInteger(offset) && offset >= 0);
  if (!ok) throw new InvalidModelError(`${place} has data_offsets ${excerpt(value)}, expected two integers from 0`);
  const [begin, end] = value as [number, number];
  if (begin > end) {
    throw new InvalidModelError(`${place} has data_offsets ${excerpt(value)}, which end before they begin`);
  }
  if (end > size) {
    throw new InvalidModelError(
      `${place} ends at byte ${end}, but the file has only ${size} bytes of data: it is truncated or its header lies`,
    );
  }
  return [begin, end];
}

function checkCoverage(tensors: FileTensor[], data: Data, file: string): void {
  tensors.sort((a, b) => a.begin - b.begin || a.byteLength - b.byteLength);
  let covered = 0;
  for (const tensor of tensors) {
    const at = tensor.begin - data.begin;
    if (at < covered) {
      throw new InvalidModelError(`${file}: ${tensor.name} overlaps another tensor at byte ${at} of the data`);
    }
    if (at > covered) {
      throw new InvalidModelError(
        `${file}: bytes ${covered} to ${at} of the data, before ${tensor.name}, belong to no tensor`,
      );
    }
    covered += tensor.byteLength;
  }
  if (covered < data.size) {
    throw new InvalidModelError(`${file}: bytes ${covered} to ${data.size} of the data belong to no tensor`);
  }
}
