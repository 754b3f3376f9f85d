import { assert } from "../../assert.ts";
import { OutOfMemoryError } from "../../errors.ts";
import { fetchBlocks } from "./fetch-blocks.ts";
import type { KvStorage } from "./kv-storage.ts";

/**
 * Blocks in host memory. A swap-out is read back after its step was submitted, so a swap-in of the same host block
 * has to wait for it: `pending` says for what.
 */
export class HostTier {
  readonly #device: GPUDevice;
  readonly #kv: KvStorage;
  readonly #blockCount: number;
  readonly #memory: Uint8Array<ArrayBuffer>;
  /** By host block: the swap-out that has not arrived yet. */
  readonly #arriving = new Map<number, Promise<void>>();

  /** Throws `OutOfMemoryError` where the host cannot hold `blockCount` blocks. */
  constructor(device: GPUDevice, kv: KvStorage, blockCount: number) {
    this.#device = device;
    this.#kv = kv;
    this.#blockCount = blockCount;
    const bytes = (blockCount + 1) * kv.bytesPerBlock;
    try {
      this.#memory = new Uint8Array(blockCount === 0 ? 0 : bytes);
    } catch (cause) {
      throw new OutOfMemoryError(`cannot allocate ${bytes} bytes for ${blockCount} blocks on the host`, { cause });
    }
  }

  /** Submits the copies of (device, host) pairs; resolves when they are in host memory. */
  swapOut(pairs: Int32Array): Promise<void> {
    const bytes = this.#kv.bytesPerBlock;
    for (let i = 1; i < pairs.length; i += 2) this.#check(pairs[i]);
    const sources = pairs.filter((_, i) => i % 2 === 0);
    const arrival = fetchBlocks(this.#device, this.#kv, sources, (block, i) =>
      this.#memory.set(block, pairs[2 * i + 1] * bytes),
    ).finally(() => this.#arrived(pairs, arrival));
    for (let i = 1; i < pairs.length; i += 2) this.#arriving.set(pairs[i], arrival);
    return arrival;
  }

  /** What the (host, device) pairs have to wait for, or null. */
  pending(pairs: Int32Array): Promise<unknown> | null {
    const waits: Promise<void>[] = [];
    for (let i = 0; i < pairs.length; i += 2) {
      const arrival = this.#arriving.get(pairs[i]);
      if (arrival) waits.push(arrival);
    }
    return waits.length === 0 ? null : Promise.all(waits);
  }

  /** Writes (host, device) pairs before whatever is submitted next. */
  swapIn(pairs: Int32Array): void {
    for (let i = 0; i < pairs.length; i += 2) {
      this.#check(pairs[i]);
      this.#kv.upload(this.#device.queue, this.#memory, pairs[i] * this.#kv.bytesPerBlock, pairs[i + 1]);
    }
  }

  /** Forgets an arrival, but not a later one of the same block. */
  #arrived(pairs: Int32Array, arrival: Promise<void>): void {
    for (let i = 1; i < pairs.length; i += 2) {
      if (this.#arriving.get(pairs[i]) === arrival) this.#arriving.delete(pairs[i]);
    }
  }

  #check(block: number): void {
    assert(block >= 1 && block <= this.#blockCount, () => `host block ${block} is outside 1..${this.#blockCount}`);
  }
}
