import { describe, expect, test } from "vitest";
import { AssertionError } from "../../src/assert.ts";
import { cacheParts, pairsOf } from "../support/cache-parts.ts";

describe("PrefixMatch", () => {
  test("is whole blocks, then the beginning of one more", () => {
    const { indexed, search } = cacheParts();
    indexed([1, 2, 3, 4, 5, 6]);
    expect(search([1, 2, 3, 4, 5, 9])).toMatchObject({ blockCount: 2, tokenCount: 5 });
    expect(search([1, 2, 3, 4, 9, 9])).toMatchObject({ blockCount: 2, tokenCount: 4, partialNode: 0 });
    expect(search([9])).toMatchObject({ blockCount: 0, tokenCount: 0, partialNode: 0 });
  });

  test("goes no further than its limit", () => {
    const { indexed, search } = cacheParts();
    indexed([1, 2, 3, 4]);
    expect([0, 1, 2, 3, 4].map((limit) => search([1, 2, 3, 4], limit).tokenCount)).toEqual([0, 1, 2, 3, 4]);
    expect(search([1, 2, 3, 4], 3)).toMatchObject({ blockCount: 1 });
  });

  test("copies nothing that the plan under construction computes", () => {
    const { cache, holding, search, journal } = cacheParts();
    cache.index(holding(4), new Int32Array([1, 2, 3, 4]), 4, journal);
    expect(search([1, 2, 3, 9])).toMatchObject({ blockCount: 1, partialNode: 0, tokenCount: 2 });
  });

  test("counts what the pool must have: cached blocks, and two for a partial copy from a cached one", () => {
    const { indexed, letGo, search, pool, prefixes } = cacheParts();
    const sequence = indexed([1, 2, 3, 4]);
    expect([search([1, 2, 3, 4]).blocksTaken(pool), search([1, 2, 3, 9]).blocksTaken(pool)]).toEqual([0, 1]);
    letGo(sequence);
    expect([search([1, 2, 3, 4]).blocksTaken(pool), search([1, 2, 3, 9]).blocksTaken(pool)]).toEqual([2, 3]);
    const match = search([1, 2, 3, 9]);
    match.dropPartial();
    expect([match.tokenCount, match.blocksTaken(pool), prefixes.tree.size]).toEqual([2, 1, 2]);
  });

  test("needs in a windowed group only the blocks that the next token sees", () => {
    const { indexed, search, prefixes, blocksOf, match } = cacheParts({ groups: [{ window: 3 }] });
    const blocks = blocksOf(indexed([1, 2, 3, 4, 5, 6, 7, 8]));
    prefixes.drop(blocks[0]);
    expect([search([1, 2, 3, 4, 5, 6, 7, 8]).blockCount, match.firstBlock(0)]).toEqual([4, 3]);
    prefixes.drop(blocks[2]);
    expect(search([1, 2, 3, 4, 5, 6, 7, 8]).blockCount).toBe(4);
    expect(search([1, 2, 3, 4, 5, 6]).blockCount).toBe(2);
  });

  test("begins, in a windowed group, where the next token sees, and with the last block at the latest", () => {
    const firsts = [1, 2, 3, 4, 5, 8, 9, 20].map((window) => {
      const { indexed, search } = cacheParts({ groups: [{ window }] });
      indexed([1, 2, 3, 4, 5, 6, 7, 8]);
      return search([1, 2, 3, 4, 5, 6, 7, 8]).firstBlock(0);
    });
    expect(firsts).toEqual([3, 3, 3, 2, 2, 0, 0, 0]);
  });

  test("ends at a gap in a group that sees everything", () => {
    const { indexed, search, prefixes } = cacheParts({ groups: [{ window: 2 }, { window: null }] });
    const sequence = indexed([1, 2, 3, 4]);
    prefixes.drop(sequence.tables[1].ids[1]);
    expect(search([1, 2, 3, 4])).toMatchObject({ blockCount: 1, partialNode: 0 });
  });

  test("takes a block that is on the host alone, whole and never in part", () => {
    const { indexed, letGo, search, prefixes, blocksOf, pool } = cacheParts({ hostBlockCount: 2 });
    const sequence = indexed([1, 2]);
    prefixes.storeOnHost(0, sequence.tail);
    const [block] = blocksOf(sequence);
    letGo(sequence);
    prefixes.drop(block);
    expect(search([1, 2])).toMatchObject({ blockCount: 1, tokenCount: 2 });
    expect(search([1, 2]).blocksTaken(pool)).toBe(1);
    expect(search([1, 9])).toMatchObject({ blockCount: 0, partialNode: 0 });
  });

  test("cleared, it is none", () => {
    const { indexed, search } = cacheParts();
    indexed([1, 2]);
    const match = search([1, 2]);
    match.clear();
    expect(match).toMatchObject({ blockCount: 0, partialNode: 0, tokenCount: 0 });
  });
});

describe("a match that is attached", () => {
  test("shares whole blocks, and counts them as indexed", () => {
    const { cache, indexed, open, search, journal, blocksOf, pool } = cacheParts();
    const first = indexed([1, 2, 3, 4]);
    const second = open();
    expect(cache.attach(second, search([1, 2, 3, 4]), journal)).toBe(4);
    expect([blocksOf(second), second.capacity, second.indexedBlocks, second.tail]).toEqual([
      blocksOf(first),
      4,
      2,
      first.tail,
    ]);
    expect([pool.references[blocksOf(first)[0]], journal.copies.length]).toEqual([2, 0]);
  });

  test("copies a partial block, whose source is held until the plan is sealed", () => {
    const { cache, indexed, letGo, open, search, journal, blocksOf, pool } = cacheParts();
    const first = indexed([1, 2, 3, 4]);
    const source = blocksOf(first)[1];
    letGo(first);
    const second = open();
    expect(cache.attach(second, search([1, 2, 3, 9]), journal)).toBe(3);
    const [, target] = blocksOf(second);
    expect([pairsOf(journal.copies), pool.references[source], second.indexedBlocks, second.capacity]).toEqual([
      [[source, target]],
      1,
      1,
      4,
    ]);
    cache.seal(journal);
    expect([pool.inspect(source).state, journal.sources.length]).toEqual(["cached", 0]);
  });

  test("in a pool that is full but for the match, the copy's target is never its source", () => {
    const { cache, indexed, letGo, open, search, journal, pool } = cacheParts({ blockCount: 3 });
    letGo(indexed([1, 2, 3, 4]));
    pool.acquire();
    const match = search([1, 2, 3, 9]);
    expect([pool.freeCount, match.blocksTaken(pool)]).toEqual([0, 3]);
    match.dropPartial();
    expect(cache.attach(open(), match, journal)).toBe(2);
  });

  test("swaps in what is on the host alone", () => {
    const { cache, indexed, letGo, open, search, journal, prefixes, blocksOf } = cacheParts({ hostBlockCount: 2 });
    const first = indexed([1, 2]);
    const node = first.tail;
    const hostBlock = prefixes.storeOnHost(0, node);
    prefixes.host.unpin();
    const [gone] = blocksOf(first);
    letGo(first);
    prefixes.drop(gone);
    const second = open();
    expect(cache.attach(second, search([1, 2]), journal)).toBe(2);
    expect([pairsOf(journal.swapIns), prefixes.blockOf(0, node)]).toEqual([
      [[hostBlock, blocksOf(second)[0]]],
      blocksOf(second)[0],
    ]);
    expect(prefixes.host.hasRoom).toBe(true);
    cache.seal(journal);
    expect(prefixes.host.oldest).toEqual({ group: 0, node });
  });

  test("begins where a window has moved to", () => {
    const { cache, indexed, open, search, journal } = cacheParts({ groups: [{ window: null }, { window: 2 }] });
    const first = indexed([1, 2, 3, 4, 5, 6]);
    const second = open();
    cache.attach(second, search([1, 2, 3, 4, 5, 6]), journal);
    expect(second.tables.map(({ first: from, count }) => [from, count])).toEqual([
      [0, 3],
      [2, 3],
    ]);
    expect(second.tables[1].ids).toEqual([0, 0, first.tables[1].ids[2]]);
  });

  test("takes no slot that holds blocks", () => {
    const { cache, holding, search, journal } = cacheParts();
    const slot = holding(2);
    expect(() => cache.attach(slot, search([1]), journal)).toThrow(
      new AssertionError(`begin(${slot.slot}): the slot holds blocks`),
    );
  });
});
