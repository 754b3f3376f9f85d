import { assert } from "../../assert.ts";
import { allocate } from "./allocate.ts";

/** Lengths in numbers. `kvSize` is kvHeadCount * headDim; `layerCount` the layers of one block group. */
export interface KvShape {
  readonly blockSize: number;
  readonly layerCount: number;
  readonly kvSize: number;
}

/**
 * Keys and values of a tier's blocks in one array, [block, layer, key or value, offset in block, kvSize]: a block is one
 * contiguous range, so moving one is one copy. Storage has blockCount + 1 blocks; block 0 is never used.
 *
 * float64, as computed: what is read back, swapped or recomputed is the same bits.
 */
export class KvStore {
  readonly data: Float64Array;
  readonly blockSize: number;
  /** Numbers from one layer's keys to the next layer's. */
  readonly layerStride: number;
  /** Numbers from a layer's keys to its values. */
  readonly valueOffset: number;
  /** Numbers of a block. */
  readonly blockStride: number;
  readonly kvSize: number;
  readonly #blockCount: number;

  constructor(shape: KvShape, blockCount: number) {
    this.blockSize = shape.blockSize;
    this.kvSize = shape.kvSize;
    this.valueOffset = shape.blockSize * shape.kvSize;
    this.layerStride = 2 * this.valueOffset;
    this.blockStride = shape.layerCount * this.layerStride;
    this.#blockCount = blockCount;
    this.data = allocate((blockCount + 1) * this.blockStride, `${blockCount} blocks of keys and values`);
  }

  get bytesPerBlock(): number {
    return 8 * this.blockStride;
  }

  /** Where the keys of `slot` in `layer` start. */
  keyOffset(slot: number, layer: number): number {
    const block = Math.floor(slot / this.blockSize);
    return block * this.blockStride + layer * this.layerStride + (slot - block * this.blockSize) * this.kvSize;
  }

  /** Copies one block of `source`, which has the same shape, to one of this store. */
  copyFrom(source: KvStore, from: number, to: number): void {
    source.#check(from);
    this.#check(to);
    const start = from * this.blockStride;
    if (source === this) this.data.copyWithin(to * this.blockStride, start, start + this.blockStride);
    else this.data.set(source.data.subarray(start, start + this.blockStride), to * this.blockStride);
  }

  read(blocks: ArrayLike<number>): Uint8Array {
    const out = new Uint8Array(blocks.length * this.bytesPerBlock);
    for (let i = 0; i < blocks.length; i++) out.set(this.#bytes(blocks[i]), i * this.bytesPerBlock);
    return out;
  }

  write(blocks: ArrayLike<number>, data: Uint8Array): void {
    const size = this.bytesPerBlock;
    assert(data.length === blocks.length * size, () => `${data.length} bytes are not ${blocks.length} blocks of ${size}`);
    for (let i = 0; i < blocks.length; i++) this.#bytes(blocks[i]).set(data.subarray(i * size, (i + 1) * size));
  }

  #bytes(block: number): Uint8Array {
    this.#check(block);
    return new Uint8Array(this.data.buffer, block * this.bytesPerBlock, this.bytesPerBlock);
  }

  #check(block: number): void {
    assert(block >= 1 && block <= this.#blockCount, () => `block ${block} is outside 1..${this.#blockCount}`);
  }
}
