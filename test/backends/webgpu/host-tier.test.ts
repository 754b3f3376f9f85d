import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { BlockTransfer } from "../../../src/backends/webgpu/block-transfer.ts";
import { Buffers } from "../../../src/backends/webgpu/buffers.ts";
import { HostTier } from "../../../src/backends/webgpu/host-tier.ts";
import { KvStorage, kvBytesPerBlock, kvParts } from "../../../src/backends/webgpu/kv-storage.ts";
import { OutOfMemoryError } from "../../../src/errors.ts";
import { randomModel } from "../../../src/testing/index.ts";
import { ifWebGPU, noWebGPU, openDevice } from "../../support/webgpu.ts";

const { config } = randomModel(1);
const SIZE = kvBytesPerBlock({ config, blockSize: 4, type: "f32" });
const block = (value: number): Uint8Array => new Uint8Array(SIZE).fill(value);

describe.skipIf(noWebGPU)(`HostTier${ifWebGPU}`, () => {
  let device: GPUDevice;
  let kv: KvStorage;
  let transfer: BlockTransfer;
  beforeAll(async () => {
    device = await openDevice();
    kv = new KvStorage(new Buffers(device), kvParts({ config, blockSize: 4, type: "f32" }, 5, 2 ** 20), 5);
    transfer = new BlockTransfer(device, kv);
  });
  afterAll(() => device.destroy());

  test("blocks come back elsewhere as they went, while their old places are used again", async () => {
    const host = new HostTier(device, kv, 3);
    transfer.write([1, 2], Uint8Array.from([...block(11), ...block(22)]));
    await host.swapOut(Int32Array.of(1, 3, 2, 1));
    transfer.write([1, 2], new Uint8Array(2 * SIZE));
    host.swapIn(Int32Array.of(1, 4, 3, 1));
    expect(await transfer.read([4, 1, 2])).toEqual(Uint8Array.from([...block(22), ...block(11), ...block(0)]));
  });

  test("a swap-in has to wait for exactly the swap-outs of its blocks that have not arrived", async () => {
    const host = new HostTier(device, kv, 3);
    const arrival = host.swapOut(Int32Array.of(1, 2));
    expect(host.pending(Int32Array.of(1, 4, 3, 5))).toBeNull();
    await host.pending(Int32Array.of(1, 4, 2, 5));
    await arrival;
    expect(host.pending(Int32Array.of(2, 5))).toBeNull();
  });

  test("the later of two swap-outs of a block is what comes back", async () => {
    const host = new HostTier(device, kv, 3);
    transfer.write([1, 2], Uint8Array.from([...block(1), ...block(2)]));
    const arrivals = [host.swapOut(Int32Array.of(1, 3)), host.swapOut(Int32Array.of(2, 3))];
    await host.pending(Int32Array.of(3, 5));
    await Promise.all(arrivals);
    host.swapIn(Int32Array.of(3, 5));
    expect(await transfer.read([5])).toEqual(block(2));
  });

  test.each([0, 4])("refuses host block %i", (id) => {
    const host = new HostTier(device, kv, 3);
    expect(() => host.swapOut(Int32Array.of(1, id))).toThrow(`host block ${id} is outside 1..3`);
    expect(() => host.swapIn(Int32Array.of(id, 1))).toThrow(`host block ${id} is outside 1..3`);
  });

  test("says how many bytes the host could not give", () => {
    expect(() => new HostTier(device, kv, 2 ** 50)).toThrow(OutOfMemoryError);
    expect(() => new HostTier(device, kv, 2 ** 50)).toThrow(
      `cannot allocate ${(2 ** 50 + 1) * SIZE} bytes for ${2 ** 50} blocks on the host`,
    );
  });
});
