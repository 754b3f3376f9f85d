import { describe, expect, test } from "vitest";
import { Buffers, STORAGE } from "../../../src/backends/webgpu/buffers.ts";
import { OutOfMemoryError } from "../../../src/errors.ts";

/** A device whose allocations fail above `capacity` bytes, later or, where mapped, at once. */
function fakeDevice(capacity: number): { device: GPUDevice; destroyed: number[] } {
  const destroyed: number[] = [];
  const scopes: (Error | null)[] = [];
  const device = {
    pushErrorScope: () => scopes.push(null),
    popErrorScope: () => Promise.resolve(scopes.pop()),
    createBuffer: ({ label, size, mappedAtCreation }: GPUBufferDescriptor) => {
      if (size > capacity && mappedAtCreation) throw new RangeError("no room to map");
      if (size > capacity) scopes[scopes.length - 1] = new Error("no room");
      return {
        label,
        size,
        getMappedRange: () => new ArrayBuffer(size),
        unmap: () => {},
        destroy: () => destroyed.push(size),
      };
    },
  };
  return { device: device as unknown as GPUDevice, destroyed };
}

describe("Buffers", () => {
  test("rounds sizes up to whole words, counts bytes, and destroys all together", async () => {
    const { device, destroyed } = fakeDevice(100);
    const buffers = new Buffers(device);
    buffers.create("a", 5, STORAGE);
    let length = 0;
    buffers.createFilled("b", 12, STORAGE, (target) => (length = target.byteLength));
    await buffers.settled();
    expect([buffers.byteLength, length]).toEqual([20, 12]);
    buffers.destroy();
    expect(destroyed).toEqual([8, 12]);
    expect(buffers.byteLength).toBe(0);
  });

  test("says which allocation failed, how many bytes it asked for, and what was there before", async () => {
    const { device } = fakeDevice(100);
    const buffers = new Buffers(device);
    buffers.create("weights", 80, STORAGE);
    buffers.create("keys and values", 104, STORAGE);
    await expect(buffers.settled()).rejects.toThrow(
      new OutOfMemoryError(
        "cannot allocate 104 bytes for keys and values on the device, which holds 80 bytes in 1 buffers, the largest are 80 of weights: fewer blocks (kvBytes), keys and values as f16 or int8, quantized weights or a smaller maxTokens need less",
      ),
    );
  });

  test("so does a mapped one, at once", () => {
    const buffers = new Buffers(fakeDevice(100).device);
    expect(() => buffers.createFilled("weights", 104, STORAGE, () => {})).toThrow(
      "cannot allocate 104 bytes for weights on the device, which holds 0 bytes in 0 buffers: fewer blocks",
    );
  });
});
