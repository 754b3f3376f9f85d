import { describe, expect, test } from "vitest";
import { fetchBlocks } from "../../../src/backends/webgpu/fetch-blocks.ts";
import type { KvStorage } from "../../../src/backends/webgpu/kv-storage.ts";
import { OutOfMemoryError } from "../../../src/errors.ts";

const SIZE = 96 * 1024 * 1024; // two of these to a buffer

/** A device that notes what it is asked for; block b reads as its number. */
function fakeDevice(failing = false) {
  const log: string[] = [];
  const device = {
    pushErrorScope: () => {},
    popErrorScope: () => Promise.resolve(failing ? new Error("no room") : null),
    createBuffer: ({ size }: GPUBufferDescriptor) => {
      const index = log.filter((line) => line.startsWith("buffer")).length;
      log.push(`buffer of ${size / SIZE}`);
      return {
        index,
        mapAsync: () => (log.push(`map ${index}`), Promise.resolve()),
        getMappedRange: () => new ArrayBuffer(size),
        destroy: () => log.push(`destroy ${index}`),
      };
    },
    createCommandEncoder: () => ({ finish: () => "commands" }),
    queue: { submit: () => log.push("submit") },
  };
  const kv = {
    bytesPerBlock: SIZE,
    readBlock: (_encoder: unknown, block: number, staging: { index: number }, offset: number) =>
      log.push(`copy ${block} to ${staging.index} at ${offset / SIZE}`),
  };
  return { log, device: device as unknown as GPUDevice, kv: kv as unknown as KvStorage };
}

describe("fetchBlocks", () => {
  test("submits all copies at once, in buffers that any device allows, before it returns", async () => {
    const { log, device, kv } = fakeDevice();
    const received: number[][] = [];
    const fetching = fetchBlocks(device, kv, [7, 8, 9], (bytes, index) =>
      received.push([bytes.length / SIZE, bytes.byteOffset / SIZE, index]),
    );
    expect(log).toEqual([
      "buffer of 2",
      "copy 7 to 0 at 0",
      "copy 8 to 0 at 1",
      "buffer of 1",
      "copy 9 to 1 at 0",
      "submit",
    ]);
    await fetching;
    expect(log.slice(6)).toEqual(["map 0", "map 1", "destroy 0", "destroy 1"]);
    expect(received).toEqual([
      [1, 0, 0],
      [1, 1, 1],
      [1, 0, 2],
    ]);
  });

  test("gives buffers back when there is not enough memory for all", async () => {
    const { log, device, kv } = fakeDevice(true);
    await expect(fetchBlocks(device, kv, [7], () => {})).rejects.toThrow(OutOfMemoryError);
    expect(log.at(-1)).toBe("destroy 0");
  });
});
