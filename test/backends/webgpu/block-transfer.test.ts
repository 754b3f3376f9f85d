import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { BlockTransfer } from "../../../src/backends/webgpu/block-transfer.ts";
import { Buffers } from "../../../src/backends/webgpu/buffers.ts";
import { KvStorage, kvBytesPerBlock, kvParts } from "../../../src/backends/webgpu/kv-storage.ts";
import { randomModel } from "../../../src/testing/index.ts";
import { ifWebGPU, noWebGPU, openDevice } from "../../support/webgpu.ts";

const { config } = randomModel(1);
const SIZE = kvBytesPerBlock({ config, blockSize: 4, type: "f32" });

describe.skipIf(noWebGPU)(`BlockTransfer${ifWebGPU}`, () => {
  let device: GPUDevice;
  let transfer: BlockTransfer;
  beforeAll(async () => {
    device = await openDevice();
    transfer = new BlockTransfer(
      device,
      new KvStorage(new Buffers(device), kvParts({ config, blockSize: 4, type: "f32" }, 5, 6 * SIZE - 1), 5),
    ); // in two parts
  });
  afterAll(() => device.destroy());

  test("reads what was written, in the order asked, and zeros where nothing was", async () => {
    const data = Uint8Array.from({ length: 2 * SIZE }, (_, i) => i % 251);
    transfer.write([4, 2], data);
    expect(await transfer.read([2, 4, 1])).toEqual(
      Uint8Array.from([...data.slice(SIZE), ...data.slice(0, SIZE), ...new Uint8Array(SIZE)]),
    );
  });

  test("reads nothing where nothing is asked for", async () => expect(await transfer.read([])).toHaveLength(0));

  test("refuses data that is not as long as the blocks", () => {
    expect(() => transfer.write([1], new Uint8Array(SIZE - 4))).toThrow(
      `${SIZE - 4} bytes are not 1 blocks of ${SIZE}`,
    );
  });
});
