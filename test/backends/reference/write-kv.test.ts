import { expect, test } from "vitest";
import { KvStore } from "../../../src/backends/reference/kv-store.ts";
import { writeKv } from "../../../src/backends/reference/write-kv.ts";
import { numbers, rowOf } from "../../support/numbers.ts";

test("puts each token's keys and values of one layer into its slot, and touches nothing else", () => {
  const store = new KvStore({ blockSize: 4, layerCount: 3, kvSize: 2 }, 6);
  store.data.fill(Number.NaN);
  const [keys, values, slots] = [numbers(8, 1), numbers(8, 2), Int32Array.of(21, 4, 10, 0x7fffffff)];
  writeKv(store, 1, keys, values, slots, 3);
  for (let token = 0; token < 3; token++) {
    const at = store.keyOffset(slots[token], 1);
    expect([...store.data.subarray(at, at + 2)]).toEqual(rowOf(keys, token, 2));
    expect([...store.data.subarray(at + store.valueOffset, at + store.valueOffset + 2)]).toEqual(rowOf(values, token, 2));
  }
  expect(store.data.filter((value) => !Number.isNaN(value)).length).toBe(3 * 2 * 2);
});
