import { assert } from "../../assert.ts";
import { DeviceLimitError } from "../../errors.ts";
import { type DecoderConfig, layerGroups } from "../../decoder.ts";
import type { KvType } from "../../kv-type.ts";
import { type Buffers, STORAGE } from "./buffers.ts";
import { shapeOf } from "./shape.ts";

/** How a token's keys and values are stored: what their sizes follow from. */
export interface KvLayout {
  readonly config: DecoderConfig;
  readonly blockSize: number;
  readonly type: KvType;
}

/** Bytes of a unit of the cache, what kernels index: four numbers; a whole number's scale is a unit of its own. */
const UNIT_BYTES: Readonly<Record<KvType, number>> = { f32: 16, f16: 8, int8: 4 };

export function kvUnitBytes(type: KvType): number {
  return UNIT_BYTES[type];
}

/**
 * Layers, numbered within their block group, and key heads whose keys and values lie in one buffer: all of them, unless
 * a binding is too small.
 */
export interface KvPart {
  readonly firstLayer: number;
  readonly layerCount: number;
  readonly firstHead: number;
  readonly headCount: number;
  /** Bytes of a block in this part. */
  readonly blockBytes: number;
}

/**
 * How keys and values are split: whole layers where a binding of `bindingBytes` holds at least one, else some heads of
 * one layer. Throws `DeviceLimitError` where it does not hold one head of one layer.
 */
export function kvParts(layout: KvLayout, blockCount: number, bindingBytes: number): KvPart[] {
  const { kvHeadCount } = layout.config;
  const layerCount = layersPerBlock(layout.config);
  const headBytes = headBlockBytes(layout);
  const heads = Math.floor(bindingBytes / (headBytes * (blockCount + 1)));
  if (heads === 0) {
    const needed = headBytes * (blockCount + 1);
    throw new DeviceLimitError(
      `maxStorageBufferBindingSize is ${bindingBytes}, one key-value head of one layer needs ${needed} with ` +
        `${blockCount} blocks: use fewer blocks`,
    );
  }
  const headsPerPart = Math.min(kvHeadCount, heads);
  const layersPerPart = Math.min(layerCount, Math.max(1, Math.floor(heads / kvHeadCount)));
  const parts: KvPart[] = [];
  for (let firstLayer = 0; firstLayer < layerCount; firstLayer += layersPerPart) {
    const layers = Math.min(layersPerPart, layerCount - firstLayer);
    for (let firstHead = 0; firstHead < kvHeadCount; firstHead += headsPerPart) {
      const headCount = Math.min(headsPerPart, kvHeadCount - firstHead);
      parts.push({ firstLayer, layerCount: layers, firstHead, headCount, blockBytes: layers * headCount * headBytes });
    }
  }
  return parts;
}

/** Bytes of keys and values of one block, all layers of its group. */
export function kvBytesPerBlock(layout: KvLayout): number {
  return layersPerBlock(layout.config) * layout.config.kvHeadCount * headBlockBytes(layout);
}

/** A block serves any group: it has room for the layers of the largest. */
function layersPerBlock(config: DecoderConfig): number {
  return Math.max(...layerGroups(config).map(({ layers }) => layers.length));
}

function headBlockBytes({ config, blockSize, type }: KvLayout): number {
  const units = shapeOf(config).head + (type === "int8" ? 1 : 0);
  return 2 * blockSize * units * kvUnitBytes(type);
}

/**
 * Keys and values of all blocks on the device: a buffer a part, [block, layer, key or value, head, offset in block,
 * units of a head and token], so that a block is one contiguous range of each.
 */
export class KvStorage {
  readonly parts: readonly KvPart[];
  readonly buffers: readonly GPUBuffer[];
  readonly bytesPerBlock: number;
  readonly #blockCount: number;
  /** WebGPU does not copy within a buffer: copies go through here. */
  readonly #scratch: GPUBuffer;

  constructor(buffers: Buffers, parts: readonly KvPart[], blockCount: number) {
    this.parts = parts;
    this.#blockCount = blockCount;
    this.bytesPerBlock = parts.reduce((sum, part) => sum + part.blockBytes, 0);
    this.buffers = parts.map((part) =>
      buffers.create(`keys and values of ${blockCount} blocks`, part.blockBytes * (blockCount + 1), STORAGE),
    );
    this.#scratch = buffers.create("a block that is copied", this.bytesPerBlock, STORAGE);
  }

  copyBlock(encoder: GPUCommandEncoder, from: number, to: number): void {
    this.readBlock(encoder, from, this.#scratch, 0);
    this.writeBlock(encoder, this.#scratch, 0, to);
  }

  /** Copies a block to `target`, part by part, from byte `offset` on. */
  readBlock(encoder: GPUCommandEncoder, block: number, target: GPUBuffer, offset: number): void {
    this.#check(block);
    this.#eachPart((buffer, bytes, start) =>
      encoder.copyBufferToBuffer(buffer, block * bytes, target, offset + start, bytes),
    );
  }

  /** The inverse of `readBlock`. */
  writeBlock(encoder: GPUCommandEncoder, source: GPUBuffer, offset: number, block: number): void {
    this.#check(block);
    this.#eachPart((buffer, bytes, start) =>
      encoder.copyBufferToBuffer(source, offset + start, buffer, block * bytes, bytes),
    );
  }

  /** Writes a block from `data`, from byte `offset` on, before whatever is submitted next. */
  upload(queue: GPUQueue, data: Uint8Array<ArrayBuffer>, offset: number, block: number): void {
    this.#check(block);
    this.#eachPart((buffer, bytes, start) => queue.writeBuffer(buffer, block * bytes, data, offset + start, bytes));
  }

  #eachPart(visit: (buffer: GPUBuffer, blockBytes: number, start: number) => void): void {
    let start = 0;
    for (let i = 0; i < this.parts.length; i++) {
      visit(this.buffers[i], this.parts[i].blockBytes, start);
      start += this.parts[i].blockBytes;
    }
  }

  #check(block: number): void {
    assert(block >= 1 && block <= this.#blockCount, () => `block ${block} is outside 1..${this.#blockCount}`);
  }
}
