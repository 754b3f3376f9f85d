import { describe, expect, test } from "vitest";
import { IntList } from "../../src/collections/int-list.ts";

describe("IntList", () => {
  test("keeps what was pushed, beyond its first capacity", () => {
    const list = new IntList(2);
    for (let i = 0; i < 100; i++) list.push(i - 50);
    expect(list.length).toBe(100);
    expect(Array.from({ length: 100 }, (_, i) => list.items[i])).toEqual(Array.from({ length: 100 }, (_, i) => i - 50));
  });

  test("is empty once cleared, whatever it held", () => {
    const list = new IntList();
    list.push(7);
    list.length = 0;
    expect(list.length).toBe(0);
    list.push(8);
    expect([list.length, list.items[0]]).toEqual([1, 8]);
  });
});
