import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { TableGroup } from "../../src/blocks/table-group.ts";

const sizes = { slotCount: 3, blockCount: 500, blockSize: 4, tokensInFlight: 16 };

describe("TableGroup", () => {
  test("is a ring with room for the window and the tokens in flight", () => {
    const group = new TableGroup({ ...sizes, window: 8 });
    expect([group.stride, group.ids.length]).toEqual([9, 27]);
    group.set(1, 9, 7);
    expect([group.ids[9], group.get(1, 9), group.get(1, 0)]).toEqual([7, 7, 7]);
  });

  test("grows by doubling, and keeps what it holds; no more than the pool", () => {
    const group = new TableGroup({ ...sizes, window: null });
    for (const slot of [0, 2]) group.set(slot, 63, 10 + slot);
    group.grow(200);
    expect([group.stride, group.get(0, 63), group.get(2, 63)]).toEqual([256, 10, 12]);
    group.grow(400);
    expect(group.stride).toBe(500);
  });

  test("tells each slot once, in a range that covers what was written", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(2), fc.nat(30))), (writes) => {
        const group = new TableGroup({ ...sizes, window: 8 });
        for (const [slot, index] of writes) group.set(slot, index, 1 + index);
        group.takeChanges();
        const told = Array.from({ length: group.changeCount }, (_, i) => [...group.changes.subarray(3 * i, 3 * i + 3)]);
        expect(new Set(told.map(([slot]) => slot))).toEqual(new Set(writes.map(([slot]) => slot)));
        for (const [slot, first, end] of told) {
          const own = writes.filter((write) => write[0] === slot).map(([, index]) => index);
          expect([end, first]).toEqual([Math.max(...own) + 1, Math.max(Math.min(...own), end - group.stride)]);
        }
        group.takeChanges();
        expect(group.changeCount).toBe(0);
      }),
    );
  });

  test("tells nothing of a slot that was forgotten, and all of what came after", () => {
    const group = new TableGroup({ ...sizes, window: null });
    group.set(1, 3, 5);
    group.forgetChanges(1);
    group.set(1, 0, 6);
    group.takeChanges();
    expect([group.changeCount, ...group.changes.subarray(0, 3)]).toEqual([1, 1, 0, 1]);
  });
});
