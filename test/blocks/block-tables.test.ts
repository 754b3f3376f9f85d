import { describe, expect, test } from "vitest";
import { AssertionError } from "../../src/assert.ts";
import { cacheParts, pairsOf } from "../support/cache-parts.ts";

/** More tokens than a request can have. */
const NEVER = 2 ** 30 - 1;

/** Two slots that share two blocks, three tokens long. */
function siblings() {
  const parts = cacheParts();
  const sequence = parts.holding(3);
  const sibling = parts.cache.fork(sequence, 3);
  return { ...parts, sequence, sibling };
}

describe("a slot's tables", () => {
  test("begin empty, at the root of the domain, and say when the next block is full", () => {
    const { cache, open, root, tables } = cacheParts();
    const slot = open();
    expect(slot).toMatchObject({ tail: root, indexedBlocks: 0, indexAt: 2, capacity: 0, forked: false, adoptions: [] });
    tables.setIndexed(slot.slot, 3, 2);
    expect([slot.indexedBlocks, slot.indexAt]).toEqual([2, 6]);
    tables.stopIndexing(slot.slot);
    expect([slot.indexAt, open(false).indexAt]).toEqual([NEVER, NEVER]);
    cache.clear(slot);
  });

  test("gain blocks of all groups together", () => {
    const { cache, open, journal, tables, pool } = cacheParts({
      blockCount: 12,
      groups: [{ window: null }, { window: 5 }],
    });
    const slot = open();
    expect([1, 2, 3].map((end) => tables.blocksToReserve(slot.slot, 0, end))).toEqual([2, 2, 4]);
    cache.extend(slot, 3, journal);
    expect([
      slot.tables.map(({ count }) => count),
      pool.heldCount,
      tables.blocksToReserve(slot.slot, 3, 4),
      tables.blocksToReserve(slot.slot, 3, 5),
    ]).toEqual([[2, 2], 4, 0, 2]);
  });

  test("are another generation once they are released", () => {
    const { cache, holding, tables, pool } = cacheParts();
    const slot = holding(4);
    const generation = tables.generations[slot.slot];
    cache.clear(slot);
    expect([tables.generations[slot.slot], slot.capacity, pool.heldCount]).toEqual([generation + 1, 0, 0]);
    expect(() => tables.open(holding(2).slot, 0, true)).toThrow(AssertionError);
  });

  test("tell what was written: ranges by slot, whole tables where they are asked for", () => {
    const { cache, holding, tables, journal } = cacheParts();
    const [a, b] = [holding(3), holding(2)];
    const [group] = tables.groups;
    const taken = (): number[] => (group.takeChanges(), [...group.changes.subarray(0, 3 * group.changeCount)]);
    expect([taken(), taken()]).toEqual([[a.slot, 0, 2, b.slot, 0, 1], []]);
    cache.extend(a, 5, journal);
    cache.clear(b);
    expect(taken()).toEqual([a.slot, 2, 3]);
    tables.tellAll();
    expect(taken()).toEqual([a.slot, 0, 3]);
  });
});

describe("copy on write", () => {
  test("counts a copy for a shared block that is written in its middle, none at the beginning of the next", () => {
    const { cache, sequence, sibling } = siblings();
    expect([cache.blocksToUnshare(sequence, 3), cache.blocksToUnshare(sequence, 4)]).toEqual([1, 0]);
    cache.clear(sibling);
    expect(cache.blocksToUnshare(sequence, 3)).toBe(0);
  });

  test("gives the first writer a copy; the old block is held until the copy is made", () => {
    const { cache, sequence, sibling, journal, blocksOf, pool } = siblings();
    const [, shared] = blocksOf(sequence);
    cache.unshare(sibling, 3, journal);
    const [, own] = blocksOf(sibling);
    expect([pairsOf(journal.copies), own === shared, sibling.forked, pool.references[shared]]).toEqual([
      [[shared, own]],
      false,
      false,
      2,
    ]);
    cache.commit(journal);
    expect([pool.references[shared], cache.blocksToUnshare(sequence, 3)]).toEqual([1, 0]);
  });

  test("writes a block that is shared no more as it is", () => {
    const { cache, sequence, sibling, journal, blocksOf } = siblings();
    cache.clear(sibling);
    const before = blocksOf(sequence);
    cache.unshare(sequence, 3, journal);
    expect([blocksOf(sequence), journal.copies.length, sequence.forked]).toEqual([before, 0, false]);
  });

  test("gives the old block back where the plan fails", () => {
    const { cache, sequence, sibling, journal, blocksOf, pool } = siblings();
    cache.unshare(sibling, 3, journal);
    cache.rollBack(journal);
    expect([blocksOf(sibling), sibling.forked, pool.heldCount, pool.references[blocksOf(sequence)[1]]]).toEqual([
      blocksOf(sequence),
      true,
      2,
      2,
    ]);
  });

  test("gives nothing back to a slot that was released meanwhile, nor to the next request in it", () => {
    const { cache, sequence, sibling, journal, blocksOf, pool, holding } = siblings();
    cache.unshare(sibling, 3, journal);
    cache.clear(sibling);
    const next = holding(4);
    expect(next.slot).toBe(sibling.slot);
    const before = blocksOf(next);
    cache.rollBack(journal);
    expect([blocksOf(next), next.forked, pool.heldCount, pool.references[blocksOf(sequence)[1]]]).toEqual([
      before,
      false,
      4,
      1,
    ]);
  });

  test("forks no more than the tokens asked", () => {
    const { cache, indexed, blocksOf } = cacheParts();
    const parent = indexed([1, 2, 3, 4, 5, 6]);
    const fork = cache.fork(parent, 3);
    expect([blocksOf(fork), fork.indexedBlocks, fork.tail === parent.tail]).toEqual([
      blocksOf(parent).slice(0, 2),
      1,
      false,
    ]);
  });
});
