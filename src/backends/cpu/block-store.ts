import { assert } from "../../assert.ts";

/** Contents of device blocks, for reading and writing from outside. No step runs meanwhile. */
export class BlockStore {
  readonly #bytes: Uint8Array;
  readonly #blockBytes: number;
  readonly #blockCount: number;

  /** Blocks 0..blockCount of `blockBytes` each begin at `address`. */
  constructor(buffer: ArrayBufferLike, address: number, blockBytes: number, blockCount: number) {
    this.#bytes = new Uint8Array(buffer, address, (blockCount + 1) * blockBytes);
    this.#blockBytes = blockBytes;
    this.#blockCount = blockCount;
  }

  read(blocks: ArrayLike<number>): Uint8Array {
    const out = new Uint8Array(blocks.length * this.#blockBytes);
    for (let i = 0; i < blocks.length; i++) out.set(this.#block(blocks[i]), i * this.#blockBytes);
    return out;
  }

  write(blocks: ArrayLike<number>, data: Uint8Array): void {
    const size = this.#blockBytes;
    assert(
      data.length === blocks.length * size,
      () => `${data.length} bytes are not ${blocks.length} blocks of ${size}`,
    );
    for (let i = 0; i < blocks.length; i++) this.#block(blocks[i]).set(data.subarray(i * size, (i + 1) * size));
  }

  #block(block: number): Uint8Array {
    assert(block >= 1 && block <= this.#blockCount, () => `block ${block} is outside 1..${this.#blockCount}`);
    return this.#bytes.subarray(block * this.#blockBytes, (block + 1) * this.#blockBytes);
  }
}
