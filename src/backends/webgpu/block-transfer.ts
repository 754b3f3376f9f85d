import { assert } from "../../assert.ts";
import { MAP_MODE_READ, USAGE } from "./buffers.ts";
import type { KvStorage } from "./kv-storage.ts";

/** Blocks to and from the host, for tiers and migration. */
export class BlockTransfer {
  readonly #device: GPUDevice;
  readonly #kv: KvStorage;

  constructor(device: GPUDevice, kv: KvStorage) {
    this.#device = device;
    this.#kv = kv;
  }

  /** The blocks as they are when everything submitted before has run. */
  async read(blocks: ArrayLike<number>): Promise<Uint8Array> {
    const size = this.#kv.bytesPerBlock;
    if (blocks.length === 0) return new Uint8Array(0);
    const staging = this.#device.createBuffer({
      label: "blocks that are read",
      size: blocks.length * size,
      usage: USAGE.MAP_READ | USAGE.COPY_DST,
    });
    try {
      const encoder = this.#device.createCommandEncoder();
      for (let i = 0; i < blocks.length; i++) this.#kv.readBlock(encoder, blocks[i], staging, i * size);
      this.#device.queue.submit([encoder.finish()]);
      await staging.mapAsync(MAP_MODE_READ);
      return new Uint8Array(staging.getMappedRange()).slice();
    } finally {
      staging.destroy();
    }
  }

  /** Written before whatever is submitted next. */
  write(blocks: ArrayLike<number>, data: Uint8Array): void {
    const size = this.#kv.bytesPerBlock;
    assert(data.length === blocks.length * size, () => `${data.length} bytes are not ${blocks.length} blocks of ${size}`);
    const bytes = data as Uint8Array<ArrayBuffer>;
    for (let i = 0; i < blocks.length; i++) this.#kv.upload(this.#device.queue, bytes, i * size, blocks[i]);
  }
}
