import { InvalidModelError, OutOfMemoryError } from "../errors.ts";

/** A file's bytes where they are: read in pieces, so that a model need not be in memory twice. */
export interface ByteSource {
  readonly size: number;
  /** Bytes [at, at + length), which lie within the file. The array is the caller's. */
  read(at: number, length: number): Promise<Uint8Array>;
  /** Gives the file back; idempotent. */
  close?(): Promise<void>;
}

/** Bytes of one file of a model by its name, or null where there is no such file; other failures are thrown. */
export type ReadModelFile = (name: string) => Promise<Uint8Array | ByteSource | null>;

/** A source of bytes in memory. What is read are views. */
export function bytesSource(bytes: Uint8Array): ByteSource {
  return { size: bytes.length, read: (at, length) => Promise.resolve(bytes.subarray(at, at + length)) };
}

export function asSource(file: Uint8Array | ByteSource): ByteSource {
  return file instanceof Uint8Array ? bytesSource(file) : file;
}

/** Largest file of text (config.json, tokenizer.json): the largest published tokenizers have 33 MB. */
export const MAX_TEXT_BYTES = 256 * 1024 * 1024;

/** All bytes of a small file. Throws `InvalidModelError` where it is larger than `limit`. */
export async function readAll(source: ByteSource, name: string, limit = MAX_TEXT_BYTES): Promise<Uint8Array> {
  if (source.size > limit) {
    throw new InvalidModelError(`${name} has ${source.size} bytes, more than the limit of ${limit}`);
  }
  return source.read(0, source.size);
}

/** Zeroed bytes. Throws `OutOfMemoryError` that names what they are for. */
export function allocateBytes(length: number, name: string): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(length);
  } catch (cause) {
    throw new OutOfMemoryError(`no memory for ${name}: ${length} bytes`, { cause });
  }
}

const LFS_POINTER = "version https://git-lfs.github.com/spec/";

/**
 * Throws `InvalidModelError` where the bytes are a Git LFS pointer, which stands for a file that was not downloaded.
 */
export function refuseLfsPointer(bytes: Uint8Array, name: string): void {
  const begin = new TextDecoder().decode(bytes.subarray(0, LFS_POINTER.length));
  if (begin === LFS_POINTER) {
    throw new InvalidModelError(
      `${name} is a Git LFS pointer, not the file itself: run "git lfs pull" where it came from`,
    );
  }
}
