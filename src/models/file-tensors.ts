import { InvalidModelError } from "../errors.ts";
import type { DType, Tensor } from "../model.ts";
import { findNotFinite, isDType } from "../quantization/index.ts";
import type { ByteSource } from "./byte-source.ts";
import type { LoadOptions } from "./options.ts";

/** A tensor as a file holds it, of whatever type. */
export interface FileTensor {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly source: ByteSource;
  /** The file's name, for messages. */
  readonly file: string;
  readonly begin: number;
  readonly byteLength: number;
}

/** Reads tensors of a checkpoint: checks their numbers, tells how far it is, and ends when it is told to. */
export class TensorReader {
  readonly #options: LoadOptions;
  readonly #totalBytes: number;
  /** A tensor that is read in parts counts once. */
  readonly #read = new Set<string>();
  #bytesRead = 0;

  constructor(tensors: Iterable<FileTensor>, options: LoadOptions) {
    this.#options = options;
    this.#totalBytes = Array.from(tensors).reduce((sum, { byteLength }) => sum + byteLength, 0);
  }

  /**
   * The tensor's bytes. Throws `InvalidModelError` for a number that is not finite, and the signal's reason when it is
   * aborted.
   */
  async read(tensor: FileTensor): Promise<Uint8Array> {
    this.#options.signal?.throwIfAborted();
    const bytes = await tensor.source.read(tensor.begin, tensor.byteLength);
    checkFinite(tensor, bytes);
    this.#tell(tensor);
    return bytes;
  }

  #tell({ name, byteLength }: FileTensor): void {
    if (this.#read.has(name)) return;
    this.#read.add(name);
    this.#bytesRead += byteLength;
    this.#options.onProgress?.({ tensor: name, bytesRead: this.#bytesRead, totalBytes: this.#totalBytes });
  }
}

function checkFinite({ name, dtype, shape, file }: FileTensor, bytes: Uint8Array): void {
  if (!isDType(dtype)) return;
  const tensor: Tensor = { name, dtype: dtype satisfies DType, shape, bytes };
  const element = findNotFinite(tensor);
  if (element >= 0) {
    throw new InvalidModelError(
      `${file}: ${name} holds a number that is not finite (number ${element}, or its block's scale)`,
    );
  }
}
