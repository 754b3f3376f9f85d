import { describe, expect, test } from "vitest";
import { cacheParts, pairsOf } from "../support/cache-parts.ts";

/** Two sequences that share two blocks, three tokens long. */
function siblings() {
  const parts = cacheParts();
  const sequence = parts.holding(3);
  const sibling = parts.open();
  for (const block of parts.blocksOf(sequence)) {
    parts.prefixes.share(block);
    sibling.tables[0].push(block);
  }
  for (const each of [sequence, sibling]) Object.assign(each, { capacity: 4, forked: true });
  return { ...parts, sequence, sibling };
}

describe("CopyOnWrite", () => {
  test("counts a copy for a shared block that is written in its middle, none at the beginning of the next", () => {
    const { copyOnWrite, sequence } = siblings();
    expect([copyOnWrite.blocksToUnshare(sequence, 3), copyOnWrite.blocksToUnshare(sequence, 4)]).toEqual([1, 0]);
    sequence.forked = false;
    expect(copyOnWrite.blocksToUnshare(sequence, 3)).toBe(0);
  });

  test("who writes gets a copy; the old block is held until the copy is made", () => {
    const { copyOnWrite, sequence, sibling, journal, blocksOf, pool } = siblings();
    const [, shared] = blocksOf(sequence);
    copyOnWrite.unshare(sibling, 3, journal);
    const [, own] = blocksOf(sibling);
    expect([pairsOf(journal.copies), own === shared, sibling.forked, sibling.rewritten, pool.referenceCount(shared)]).toEqual([[[shared, own]], false, false, true, 2]);
    copyOnWrite.settle(journal);
    expect([pool.referenceCount(shared), copyOnWrite.blocksToUnshare(sequence, 3)]).toEqual([1, 0]);
  });

  test("a block that nobody shares any more is written as it is", () => {
    const { copyOnWrite, sequence, sibling, journal, letGo, blocksOf } = siblings();
    letGo(sibling);
    const before = blocksOf(sequence);
    copyOnWrite.unshare(sequence, 3, journal);
    expect([blocksOf(sequence), journal.copies.length, sequence.forked]).toEqual([before, 0, false]);
  });

  test("where the plan fails, the old block comes back", () => {
    const { copyOnWrite, sequence, sibling, journal, blocksOf, pool } = siblings();
    copyOnWrite.unshare(sibling, 3, journal);
    copyOnWrite.revert(journal);
    expect([blocksOf(sibling), sibling.forked, pool.heldCount, pool.referenceCount(blocksOf(sequence)[1])]).toEqual([blocksOf(sequence), true, 2, 2]);
  });

  test("one that has left meanwhile takes nothing back", () => {
    const { copyOnWrite, sequence, sibling, journal, letGo, blocksOf, pool } = siblings();
    copyOnWrite.unshare(sibling, 3, journal);
    letGo(sibling);
    copyOnWrite.revert(journal);
    expect([blocksOf(sibling), pool.heldCount, pool.referenceCount(blocksOf(sequence)[1])]).toEqual([[], 2, 1]);
    expect([sibling.tables[0].ids.every((block) => block === 0), sibling.forked]).toEqual([true, false]);
  });
});
