import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { HostTier } from "../../src/blocks/host-tier.ts";

function make(blockCount = 3): HostTier {
  return new HostTier({ blockCount, groupCount: 2, nodeCapacity: 9 });
}

describe("HostTier", () => {
  test("gives a node of a group a block of its own", () => {
    const tier = make();
    const blocks = [tier.store(0, 4), tier.store(1, 4), tier.store(0, 9)];
    expect([new Set(blocks).size, tier.blockOf(0, 4), tier.blockOf(1, 4), tier.blockOf(1, 9)]).toEqual([
      3,
      blocks[0],
      blocks[1],
      0,
    ]);
    expect([tier.storedCount, tier.isFull]).toEqual([3, true]);
  });

  test("names the oldest, but none that the plan under construction needs", () => {
    const tier = make(2);
    tier.store(0, 1);
    tier.store(1, 2);
    expect(tier.hasRoom).toBe(false);
    tier.unpin();
    expect([tier.hasRoom, tier.oldest]).toEqual([true, { group: 0, node: 1 }]);
    tier.pin(0, 1);
    tier.pin(0, 1);
    expect(tier.oldest).toEqual({ group: 1, node: 2 });
    tier.unpin();
    tier.drop(1, 2);
    expect([tier.storedCount, tier.isFull, tier.blockOf(1, 2), tier.blockOf(0, 1) > 0]).toEqual([1, false, 0, true]);
    tier.store(1, 3);
    tier.unpin();
    expect(tier.oldest).toEqual({ group: 0, node: 1 });
  });

  test("one that is read is the most recently used", () => {
    const tier = make();
    for (const node of [1, 2, 3]) tier.store(0, node);
    tier.unpin();
    tier.pin(0, 1);
    tier.unpin();
    expect(tier.oldest.node).toBe(2);
  });

  test("one that was dropped while it was pinned is free, and stays so", () => {
    const tier = make(2);
    tier.store(0, 1);
    tier.drop(0, 1);
    tier.unpin();
    expect([tier.storedCount, tier.isFull]).toEqual([0, false]);
    expect([tier.store(0, 2), tier.store(0, 3)].toSorted((a, b) => a - b)).toEqual([1, 2]);
    tier.unpin();
    expect([tier.isFull, tier.oldest.node]).toEqual([true, 2]);
  });

  test("without blocks there is never room", () =>
    expect([make(0).hasRoom, make(0).isFull, make(0).storedCount]).toEqual([false, true, 0]));

  test("free + stored = blockCount after any program, and each node finds its own block", () => {
    const command = fc.record({
      verb: fc.constantFrom("store", "drop", "pin", "unpin"),
      group: fc.nat(1),
      node: fc.integer({ min: 1, max: 9 }),
    });
    fc.assert(
      fc.property(fc.array(command, { maxLength: 80 }), (program) => {
        const tier = make(4);
        const model = new Map<string, number>();
        for (const { verb, group, node } of program) {
          const key = `${group},${node}`;
          if (verb === "store" && !tier.isFull && !model.has(key)) model.set(key, tier.store(group, node));
          else if (verb === "drop" && model.delete(key)) tier.drop(group, node);
          else if (verb === "pin" && model.has(key)) tier.pin(group, node);
          else if (verb === "unpin") tier.unpin();
          expect([tier.storedCount, tier.isFull]).toEqual([model.size, model.size === 4]);
          for (const [name, block] of model) {
            expect(tier.blockOf(Number(name.split(",")[0]), Number(name.split(",")[1]))).toBe(block);
          }
          expect(new Set(model.values()).size).toBe(model.size);
        }
      }),
    );
  });
});
