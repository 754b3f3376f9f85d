import { describe, expect, test } from "vitest";
import { type KvShape, KvStore } from "../../../src/backends/reference/kv-store.ts";
import { distance, numbers, rowOf } from "../../support/numbers.ts";

const SHAPE: KvShape = { blockSize: 3, layerCount: 2, kvHeadCount: 2, headDim: 4, type: "f64" };
const TYPES = ["f64", "f32", "f16", "int8"] as const;

/** A store of 5 blocks with the numbers of every slot and layer, [slot, layer, kvSize]. */
function filled(shape = SHAPE, seed = 1): { store: KvStore; keys: Float64Array; values: Float64Array } {
  const store = new KvStore(shape, 5);
  const [keys, values] = [numbers(18 * 2 * 8, seed), numbers(18 * 2 * 8, seed + 1)];
  for (let slot = 0; slot < 18; slot++) {
    for (const layer of [0, 1]) store.writeToken(slot, layer, keys, values, 8 * (2 * slot + layer));
  }
  return { store, keys, values };
}

function readAll(store: KvStore): { keys: Float64Array; values: Float64Array } {
  const [keys, values] = [new Float64Array(18 * 2 * 8), new Float64Array(18 * 2 * 8)];
  for (let slot = 0; slot < 18; slot++) {
    for (const layer of [0, 1]) store.readToken(slot, layer, keys, values, 8 * (2 * slot + layer));
  }
  return { keys, values };
}

describe("KvStore", () => {
  test.each([
    ["f64", 0, 768],
    ["f32", 4e-8, 384],
    ["f16", 3e-4, 192],
    ["int8", 1 / 254, 192],
  ] as const)(
    "%s gives back what was written to within %s, whatever was written elsewhere; a block has %i bytes",
    (type, error, bytesPerBlock) => {
      const { store, keys, values } = filled({ ...SHAPE, type });
      const read = readAll(store);
      expect(distance(read.keys, keys)).toBeLessThanOrEqual(error);
      expect(distance(read.values, values)).toBeLessThanOrEqual(error);
      expect(store.bytesPerBlock).toBe(bytesPerBlock);
    },
  );

  test("int8 has a scale for each head: small heads beside large ones keep their precision", () => {
    const store = new KvStore({ ...SHAPE, type: "int8" }, 1);
    const x = Float64Array.of(100, -50, 25, 0, 0.01, -0.005, 0.0025, 0);
    const [keys, values] = [new Float64Array(8), new Float64Array(8)];
    store.writeToken(3, 0, x, x, 0);
    store.readToken(3, 0, keys, values, 0);
    expect(distance(keys.slice(4), x.slice(4))).toBeLessThan(0.01 / 250);
    expect(values).toEqual(keys);
  });

  test.each(TYPES)("copies a block of %s within a store and between stores, and nothing else", (type) => {
    const shape = { ...SHAPE, type };
    const [{ store }, { store: other }] = [filled(shape), filled(shape, 50)];
    const [own, theirs] = [store.read([1, 2, 3, 4, 5]), other.read([5])];
    const { bytesPerBlock } = store;
    store.copyFrom(store, 2, 4);
    store.copyFrom(other, 5, 1);
    expect(store.read([4])).toEqual(own.slice(bytesPerBlock, 2 * bytesPerBlock));
    expect(store.read([1])).toEqual(theirs);
    for (const block of [2, 3, 5]) {
      expect(rowOf(store.read([block]), 0, bytesPerBlock)).toEqual(rowOf(own, block - 1, bytesPerBlock));
    }
  });

  test("writes what it read, in the order asked", () => {
    const [{ store }, target] = [filled(), new KvStore(SHAPE, 5)];
    target.write([1, 5], store.read([4, 2]));
    expect(target.read([1])).toEqual(store.read([4]));
    expect(target.read([5])).toEqual(store.read([2]));
    expect(target.read([])).toEqual(new Uint8Array(0));
  });

  test("asserts block ids and lengths", () => {
    const { store } = filled();
    for (const block of [0, 6, -1]) {
      expect(() => store.read([block])).toThrow(`block ${block} is outside 1..5`);
      expect(() => store.copyFrom(store, block, 1)).toThrow("outside 1..5");
      expect(() => store.copyFrom(store, 1, block)).toThrow("outside 1..5");
    }
    expect(() => store.write([1], new Uint8Array(5))).toThrow("5 bytes are not 1 blocks of 768");
  });

  test("says how many bytes it could not have", () => {
    expect(() => new KvStore({ ...SHAPE, kvHeadCount: 2 ** 20 }, 2 ** 22)).toThrow(
      /^cannot allocate \d+ bytes for 4194304 blocks of keys and values$/,
    );
  });
});
