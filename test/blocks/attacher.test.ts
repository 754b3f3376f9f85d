import { describe, expect, test } from "vitest";
import { AssertionError } from "../../src/assert.ts";
import { cacheParts, pairsOf } from "../support/cache-parts.ts";

describe("Attacher", () => {
  test("shares whole blocks, and counts them as indexed", () => {
    const { attacher, indexed, open, search, journal, blocksOf, pool } = cacheParts();
    const first = indexed([1, 2, 3, 4]);
    const second = open();
    expect(attacher.attach(second, search([1, 2, 3, 4]), journal)).toBe(4);
    expect([blocksOf(second), second.capacity, second.indexedBlocks, second.tail]).toEqual([blocksOf(first), 4, 2, first.tail]);
    expect([pool.referenceCount(blocksOf(first)[0]), journal.copies.length]).toEqual([2, 0]);
  });

  test("copies a partial block, whose source is held until the plan is sealed", () => {
    const { attacher, indexed, letGo, open, search, journal, blocksOf, pool } = cacheParts();
    const first = indexed([1, 2, 3, 4]);
    const source = blocksOf(first)[1];
    letGo(first);
    const second = open();
    expect(attacher.attach(second, search([1, 2, 3, 9]), journal)).toBe(3);
    const [, target] = blocksOf(second);
    expect([pairsOf(journal.copies), pool.referenceCount(source), second.indexedBlocks, second.capacity]).toEqual([[[source, target]], 1, 1, 4]);
    attacher.seal(journal);
    expect([pool.inspect(source).state, journal.sources.length]).toEqual(["cached", 0]);
  });

  test("in a pool that is full but for the match, the copy's target is never its source", () => {
    const { attacher, indexed, letGo, open, search, journal, pool } = cacheParts({ blockCount: 3 });
    letGo(indexed([1, 2, 3, 4]));
    pool.acquire();
    const match = search([1, 2, 3, 9]);
    expect([pool.freeCount, match.blocksTaken(pool)]).toEqual([0, 3]);
    match.dropPartial();
    expect(attacher.attach(open(), match, journal)).toBe(2);
  });

  test("swaps in what is on the host alone", () => {
    const { attacher, indexed, letGo, open, search, journal, prefixes, blocksOf } = cacheParts({ hostBlockCount: 2 });
    const first = indexed([1, 2]);
    const node = first.tail;
    const hostBlock = prefixes.storeOnHost(0, node);
    prefixes.host.unpin();
    const [gone] = blocksOf(first);
    letGo(first);
    prefixes.drop(gone);
    const second = open();
    expect(attacher.attach(second, search([1, 2]), journal)).toBe(2);
    expect([pairsOf(journal.swapIns), prefixes.blockOf(0, node)]).toEqual([[[hostBlock, blocksOf(second)[0]]], blocksOf(second)[0]]);
    expect(prefixes.host.hasRoom).toBe(true);
    attacher.seal(journal);
    expect(prefixes.host.oldest).toEqual({ group: 0, node });
  });

  test("begins where a window has moved to", () => {
    const { attacher, indexed, open, search, journal } = cacheParts({ groups: [{ window: null }, { window: 2 }] });
    const first = indexed([1, 2, 3, 4, 5, 6]);
    const second = open();
    attacher.attach(second, search([1, 2, 3, 4, 5, 6]), journal);
    expect(second.tables.map(({ first: from, count }) => [from, count])).toEqual([[0, 3], [2, 3]]);
    expect([...second.tables[1].ids.subarray(0, 3)]).toEqual([0, 0, first.tables[1].ids[2]]);
  });

  test("takes no sequence that holds blocks", () => {
    const { attacher, holding, search, journal } = cacheParts();
    expect(() => attacher.attach(holding(2), search([1]), journal)).toThrow(new AssertionError("attach() to a sequence that holds blocks"));
  });
});
