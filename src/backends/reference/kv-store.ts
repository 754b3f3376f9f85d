import { assert } from "../../assert.ts";
import { OutOfMemoryError } from "../../errors.ts";
import { kvHeadBytes, type KvType } from "../../kv-type.ts";
import { decodeKv, encodeKv } from "../../quantization/index.ts";

/** `layerCount` is the layers of one block group. */
export interface KvShape {
  readonly blockSize: number;
  readonly layerCount: number;
  readonly kvHeadCount: number;
  readonly headDim: number;
  /** `f64`: as computed, so that an oracle adds no error. */
  readonly type: KvType | "f64";
}

/**
 * Keys and values of a tier's blocks in one buffer, [block, layer, key or value, offset in block, KV head]: a block is
 * one contiguous range, so moving one is one copy. Storage has blockCount + 1 blocks; block 0 is never used.
 *
 * A head's bytes depend on its numbers alone: what is read back, swapped or computed again is the same bits.
 */
export class KvStore {
  readonly shape: KvShape;
  readonly bytesPerBlock: number;
  /** Numbers of a token's keys, or of its values, in one layer. */
  readonly kvSize: number;
  readonly #headBytes: number;
  readonly #blockCount: number;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;

  constructor(shape: KvShape, blockCount: number) {
    this.shape = shape;
    this.kvSize = shape.kvHeadCount * shape.headDim;
    this.#headBytes = shape.type === "f64" ? 8 * shape.headDim : kvHeadBytes(shape.type, shape.headDim);
    this.bytesPerBlock = 2 * shape.layerCount * shape.blockSize * shape.kvHeadCount * this.#headBytes;
    this.#blockCount = blockCount;
    const buffer = allocate((blockCount + 1) * this.bytesPerBlock, blockCount);
    this.#bytes = new Uint8Array(buffer);
    this.#view = new DataView(buffer);
  }

  /** Stores the keys and values of one token and layer, `kvSize` numbers each, which start at `from`. */
  writeToken(slot: number, layer: number, keys: Float64Array, values: Float64Array, from: number): void {
    const at = this.#tokenOffset(slot, layer);
    this.#encode(keys, from, at);
    this.#encode(values, from, at + this.#valueOffset);
  }

  /** Reads the keys and values of one token and layer into `keys` and `values` from `to` on. */
  readToken(slot: number, layer: number, keys: Float64Array, values: Float64Array, to: number): void {
    const at = this.#tokenOffset(slot, layer);
    this.#decode(at, keys, to);
    this.#decode(at + this.#valueOffset, values, to);
  }

  /** Copies one block of `source`, which has the same shape, to one of this store. */
  copyFrom(source: KvStore, from: number, to: number): void {
    this.#block(to).set(source.#block(from));
  }

  read(blocks: ArrayLike<number>): Uint8Array {
    const out = new Uint8Array(blocks.length * this.bytesPerBlock);
    for (let i = 0; i < blocks.length; i++) out.set(this.#block(blocks[i]), i * this.bytesPerBlock);
    return out;
  }

  write(blocks: ArrayLike<number>, data: Uint8Array): void {
    const size = this.bytesPerBlock;
    assert(
      data.length === blocks.length * size,
      () => `${data.length} bytes are not ${blocks.length} blocks of ${size}`,
    );
    for (let i = 0; i < blocks.length; i++) this.#block(blocks[i]).set(data.subarray(i * size, (i + 1) * size));
  }

  /** Bytes from a token's keys to its values. */
  get #valueOffset(): number {
    return this.shape.blockSize * this.shape.kvHeadCount * this.#headBytes;
  }

  #tokenOffset(slot: number, layer: number): number {
    const { blockSize, kvHeadCount } = this.shape;
    const block = Math.floor(slot / blockSize);
    return (
      block * this.bytesPerBlock +
      2 * layer * this.#valueOffset +
      (slot - block * blockSize) * kvHeadCount * this.#headBytes
    );
  }

  #encode(x: Float64Array, from: number, at: number): void {
    const { type, kvHeadCount, headDim } = this.shape;
    if (type === "f64") for (let i = 0; i < this.kvSize; i++) this.#view.setFloat64(at + 8 * i, x[from + i], true);
    else {
      for (let h = 0; h < kvHeadCount; h++) {
        encodeKv(type, x, from + h * headDim, headDim, this.#view, at + h * this.#headBytes);
      }
    }
  }

  #decode(at: number, out: Float64Array, to: number): void {
    const { type, kvHeadCount, headDim } = this.shape;
    if (type === "f64") for (let i = 0; i < this.kvSize; i++) out[to + i] = this.#view.getFloat64(at + 8 * i, true);
    else {
      for (let h = 0; h < kvHeadCount; h++) {
        decodeKv(type, this.#view, at + h * this.#headBytes, headDim, out, to + h * headDim);
      }
    }
  }

  #block(block: number): Uint8Array {
    assert(block >= 1 && block <= this.#blockCount, () => `block ${block} is outside 1..${this.#blockCount}`);
    return this.#bytes.subarray(block * this.bytesPerBlock, (block + 1) * this.bytesPerBlock);
  }
}

function allocate(byteLength: number, blockCount: number): ArrayBuffer {
  try {
    return new ArrayBuffer(byteLength);
  } catch (cause) {
    throw new OutOfMemoryError(`cannot allocate ${byteLength} bytes for ${blockCount} blocks of keys and values`, {
      cause,
    });
  }
}
