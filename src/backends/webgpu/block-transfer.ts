import { assert } from "../../assert.ts";
import { fetchBlocks } from "./fetch-blocks.ts";
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
    const out = new Uint8Array(blocks.length * size);
    await fetchBlocks(this.#device, this.#kv, blocks, (bytes, i) => out.set(bytes, i * size));
    return out;
  }

  /** Written before whatever is submitted next. */
  write(blocks: ArrayLike<number>, data: Uint8Array): void {
    const size = this.#kv.bytesPerBlock;
    assert(
      data.length === blocks.length * size,
      () => `${data.length} bytes are not ${blocks.length} blocks of ${size}`,
    );
    const bytes = data as Uint8Array<ArrayBuffer>;
    for (let i = 0; i < blocks.length; i++) this.#kv.upload(this.#device.queue, bytes, i * size, blocks[i]);
  }
}
