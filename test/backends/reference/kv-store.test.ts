import { describe, expect, test } from "vitest";
import { KvStore } from "../../../src/backends/reference/kv-store.ts";

const shape = { blockSize: 3, layerCount: 2, kvSize: 4 };

/** A store of 5 blocks whose every number is different. */
function filled(start = 0): KvStore {
  const store = new KvStore(shape, 5);
  for (let i = 0; i < store.data.length; i++) store.data[i] = start + i;
  return store;
}

function numbersOf(store: KvStore, block: number): number[] {
  return [...store.data.subarray(block * store.blockStride, (block + 1) * store.blockStride)];
}

describe("KvStore", () => {
  test("no two places overlap, and block 0 has room", () => {
    const store = new KvStore(shape, 5);
    const places = new Set<number>();
    for (let slot = 0; slot < 6 * shape.blockSize; slot++) {
      for (const layer of [0, 1]) {
        for (let i = 0; i < 4; i++) places.add(store.keyOffset(slot, layer) + i).add(store.keyOffset(slot, layer) + store.valueOffset + i);
      }
    }
    expect(places.size).toBe(store.data.length);
    expect(Math.max(...places)).toBe(store.data.length - 1);
    expect(store.bytesPerBlock).toBe(8 * 2 * 2 * 3 * 4);
  });

  test("a block's places are all within the block", () => {
    const store = new KvStore(shape, 5);
    const [first, last] = [store.keyOffset(6, 0), store.keyOffset(8, 1) + store.valueOffset + 3];
    expect([first, last]).toEqual([2 * store.blockStride, 3 * store.blockStride - 1]);
  });

  test("copies a block within a store and between stores, and nothing else", () => {
    const [store, other] = [filled(), filled(1000)];
    store.copyFrom(store, 2, 4);
    store.copyFrom(other, 5, 1);
    expect(numbersOf(store, 4)).toEqual(numbersOf(filled(), 2));
    expect(numbersOf(store, 1)).toEqual(numbersOf(filled(1000), 5));
    for (const block of [0, 2, 3, 5]) expect(numbersOf(store, block)).toEqual(numbersOf(filled(), block));
  });

  test("writes what it read, in the order asked", () => {
    const [source, target] = [filled(), new KvStore(shape, 5)];
    target.write([1, 5], source.read([4, 2]));
    expect(numbersOf(target, 1)).toEqual(numbersOf(source, 4));
    expect(numbersOf(target, 5)).toEqual(numbersOf(source, 2));
    expect(target.read([])).toEqual(new Uint8Array(0));
  });

  test("asserts block ids and lengths", () => {
    const store = filled();
    for (const block of [0, 6, -1]) {
      expect(() => store.read([block])).toThrow(`block ${block} is outside 1..5`);
      expect(() => store.copyFrom(store, block, 1)).toThrow("outside 1..5");
      expect(() => store.copyFrom(store, 1, block)).toThrow("outside 1..5");
    }
    expect(() => store.write([1], new Uint8Array(5))).toThrow("5 bytes are not 1 blocks of 384");
  });
});
