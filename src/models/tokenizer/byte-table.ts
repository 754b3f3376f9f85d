/** Bytes of all ids in one array, CSR: id's are `bytes[indptr[id] .. indptr[id + 1])`. */
export class ByteTable {
  readonly length: number;
  readonly #bytes: Uint8Array;
  readonly #indptr: Uint32Array;

  /** One entry an id; none where it is undefined. */
  constructor(pieces: readonly (Uint8Array | undefined)[]) {
    this.length = pieces.length;
    this.#indptr = new Uint32Array(pieces.length + 1);
    for (let id = 0; id < pieces.length; id++) this.#indptr[id + 1] = this.#indptr[id] + (pieces[id]?.length ?? 0);
    this.#bytes = new Uint8Array(this.#indptr[pieces.length]);
    for (let id = 0; id < pieces.length; id++) this.#bytes.set(pieces[id] ?? NO_BYTES, this.#indptr[id]);
  }

  /** A view; empty for an id that is not there. */
  at(id: number): Uint8Array {
    const end = this.#indptr[id + 1];
    // Id -1 ends at 0, so its bytes are empty, too.
    return end === undefined ? NO_BYTES : this.#bytes.subarray(this.#indptr[id], end);
  }
}

export const NO_BYTES = new Uint8Array(0);
