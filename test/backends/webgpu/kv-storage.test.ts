import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Buffers } from "../../../src/backends/webgpu/buffers.ts";
import { KvStorage, kvBytesPerBlock, kvParts } from "../../../src/backends/webgpu/kv-storage.ts";
import type { KvType } from "../../../src/kv-type.ts";
import { randomModel } from "../../../src/testing/index.ts";

const { config } = randomModel(1, { layerCount: 3 }); // 2 key heads of 8 numbers
/** Bytes of one head of one layer in a block of 4 tokens. */
const HEAD = 2 * 4 * 8 * 4;

describe("kvParts", () => {
  const split = (blockCount: number, bindingBytes: number): number[][] =>
    kvParts({ config, blockSize: 4, type: "f32" }, blockCount, bindingBytes).map((part) => [
      part.firstLayer,
      part.layerCount,
      part.firstHead,
      part.headCount,
    ]);

  test("keeps everything together where it fits", () => {
    expect(split(9, 10 * 6 * HEAD)).toEqual([[0, 3, 0, 2]]);
  });

  test("splits by layers, then by heads", () => {
    expect(split(9, 10 * 6 * HEAD - 1)).toEqual([
      [0, 2, 0, 2],
      [2, 1, 0, 2],
    ]);
    expect(split(9, 10 * 2 * HEAD - 1)).toEqual(
      [0, 1, 2].flatMap((layer) => [0, 1].map((head) => [layer, 1, head, 1])),
    );
  });

  test("says how much one head needs where not even that fits", () => {
    expect(() => split(9, 10 * HEAD - 1)).toThrow(
      `maxStorageBufferBindingSize is ${10 * HEAD - 1}, one key-value head of one layer needs ${10 * HEAD} with 9 blocks: use fewer blocks`,
    );
  });

  test("covers every head of every layer once, within the limit", () => {
    const sizes = fc.record({
      layerCount: fc.integer({ min: 1, max: 6 }),
      kvHeadCount: fc.integer({ min: 1, max: 6 }),
    });
    fc.assert(
      fc.property(
        sizes,
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 10 * HEAD, max: 500 * HEAD }),
        (shape, blockCount, limit) => {
          const each = {
            ...config,
            layers: Array.from({ length: shape.layerCount }, () => config.layers[0]),
            kvHeadCount: shape.kvHeadCount,
            headCount: shape.kvHeadCount,
          };
          fc.pre((blockCount + 1) * HEAD <= limit);
          const parts = kvParts({ config: each, blockSize: 4, type: "f32" }, blockCount, limit);
          const covered = parts.flatMap((part) =>
            Array.from(
              { length: part.layerCount * part.headCount },
              (_, i) => `${part.firstLayer + Math.floor(i / part.headCount)}.${part.firstHead + (i % part.headCount)}`,
            ),
          );
          expect(new Set(covered).size).toBe(shape.layerCount * shape.kvHeadCount);
          expect(covered).toHaveLength(shape.layerCount * shape.kvHeadCount);
          for (const part of parts) expect(part.blockBytes * (blockCount + 1)).toBeLessThanOrEqual(limit);
          expect(parts.reduce((sum, part) => sum + part.blockBytes, 0)).toBe(
            kvBytesPerBlock({ config: each, blockSize: 4, type: "f32" }),
          );
        },
      ),
    );
  });
});

test("a block has room for the layers of the smallest group, in the units of its kind", () => {
  const layers = [5, null, 5].map((window) => ({ window, rope: 0, experts: false }));
  const bytes = (type: KvType): number => kvBytesPerBlock({ config: { ...config, layers }, blockSize: 4, type });
  expect(bytes("f32")).toBe(2 * HEAD);
  expect(bytes("f16")).toBe(HEAD);
  expect(bytes("int8")).toBe(2 * 2 * 4 * (8 + 4));
});

describe("KvStorage", () => {
  const buffers = { create: (label: string, size: number) => ({ label, size }) } as unknown as Buffers;
  const storage = new KvStorage(buffers, kvParts({ config, blockSize: 4, type: "f32" }, 9, 10 * 6 * HEAD - 1), 9);

  test("has room for one block more than can be used", () => {
    expect(storage.buffers.map(({ size }) => size)).toEqual([10 * 4 * HEAD, 10 * 2 * HEAD]);
    expect(storage.bytesPerBlock).toBe(6 * HEAD);
  });

  test("copies a block part by part", () => {
    const copies: unknown[][] = [];
    const encoder = { copyBufferToBuffer: (...args: unknown[]) => copies.push(args) } as unknown as GPUCommandEncoder;
    const staging = { label: "staging" } as GPUBuffer;
    storage.readBlock(encoder, 3, staging, 1000);
    expect(copies).toEqual([
      [storage.buffers[0], 3 * 4 * HEAD, staging, 1000, 4 * HEAD],
      [storage.buffers[1], 3 * 2 * HEAD, staging, 1000 + 4 * HEAD, 2 * HEAD],
    ]);
  });

  test.each([0, 10])("refuses block %i", (block) => {
    expect(() => storage.readBlock({} as GPUCommandEncoder, block, {} as GPUBuffer, 0)).toThrow(
      `block ${block} is outside 1..9`,
    );
  });
});
