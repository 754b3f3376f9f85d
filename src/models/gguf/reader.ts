import { InvalidModelError } from "../../errors.ts";

/** Longest message about a file: three lines of a terminal. */
const MAX_MESSAGE = 240;

/** The bytes so far end here, and the file goes on: the header has to be read again with more of it. */
export class MoreBytesNeeded extends Error {
  override readonly name = "MoreBytesNeeded";
}

/**
 * Reads a GGUF file's header from its first bytes, front to back. `size` is the whole file's: a length that goes beyond
 * it is the file's fault, an end beyond the bytes at hand is `MoreBytesNeeded`.
 */
export class HeaderReader {
  readonly size: number;
  at = 0;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #file: string;
  readonly #decoder = new TextDecoder("utf-8", { ignoreBOM: true });

  constructor(bytes: Uint8Array, size: number, file: string) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.size = size;
    this.#file = file;
  }

  /**
   * Throws `InvalidModelError` that names the file. A damaged length can make a name as long as the file: the message
   * is cut.
   */
  fail(message: string): never {
    const shown = message.length <= MAX_MESSAGE ? message : `${message.slice(0, MAX_MESSAGE)}…`;
    throw new InvalidModelError(`${this.#file}: ${shown}`);
  }

  bytes(length: number, what: string): Uint8Array {
    this.#need(length, what);
    return this.#bytes.subarray(this.at - length, this.at);
  }

  u8(what: string): number {
    this.#need(1, what);
    return this.#view.getUint8(this.at - 1);
  }

  u32(what: string): number {
    this.#need(4, what);
    return this.#view.getUint32(this.at - 4, true);
  }

  u64(what: string): bigint {
    this.#need(8, what);
    return this.#view.getBigUint64(this.at - 8, true);
  }

  /** A u64 that counts things of at least `bytesEach` bytes each, so that the rest of the file bounds it. */
  count(what: string, bytesEach: number): number {
    const count = this.u64(what);
    const most = Math.floor((this.size - this.at) / bytesEach);
    if (count > BigInt(most)) {
      this.fail(`${what} is ${count}, the file's ${this.size} bytes have room for at most ${most}`);
    }
    return Number(count);
  }

  /** A string: its length, then that many bytes of UTF-8. */
  text(what: string): string {
    const length = this.count(`the length of ${what}`, 1);
    return this.#decoder.decode(this.bytes(length, what));
  }

  /** A view at the numbers of an array, which were counted already. */
  numbers(byteLength: number, what: string): DataView {
    const bytes = this.bytes(byteLength, what);
    return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  #need(length: number, what: string): void {
    if (length > this.size - this.at) this.fail(`ends at byte ${this.size}, within ${what}`);
    if (length > this.#bytes.length - this.at) throw new MoreBytesNeeded();
    this.at += length;
  }
}
