import { describe, expect, test } from "vitest";
import { BlockTable, Sequence } from "../../src/blocks/block-table.ts";

describe("BlockTable", () => {
  test("holds blocks by position, and none where none is held", () => {
    const table = new BlockTable(4);
    for (const block of [7, 8, 9]) table.push(block);
    expect([[...table.ids], table.first, table.count]).toEqual([[7, 8, 9, 0], 0, 3]);
    expect(table.shift()).toBe(7);
    expect([[...table.ids], table.first, table.count]).toEqual([[0, 8, 9, 0], 1, 3]);
    expect(table.pop()).toBe(9);
    expect([[...table.ids], table.first, table.count]).toEqual([[0, 8, 0, 0], 1, 2]);
  });

  test("stays in its bounds when a window has moved over all of it", () => {
    const table = new BlockTable(2);
    table.push(3);
    table.shift();
    expect([table.first, table.count]).toEqual([1, 1]);
    expect(table.pop()).toBe(0);
    expect([table.first, table.count]).toEqual([0, 0]);
  });
});

/** More tokens than a request can have. */
const NEVER = 2 ** 30 - 1;

describe("Sequence", () => {
  const open = (cacheable: boolean): Sequence => new Sequence({ tables: [new BlockTable(4)], blockSize: 4, root: -1, cacheable });

  test("begins empty, at the root of its domain", () => {
    expect(open(true)).toMatchObject({ root: -1, tail: -1, indexedBlocks: 0, indexAt: 4, capacity: 0, rewritten: false, forked: false, adoptions: [] });
  });

  test("says at how many tokens the next block is full, or that none will be indexed", () => {
    const sequence = open(true);
    sequence.setIndexed(2);
    expect([sequence.indexedBlocks, sequence.indexAt]).toEqual([2, 12]);
    sequence.stopIndexing();
    expect([sequence.cacheable, sequence.indexAt]).toEqual([false, NEVER]);
    const alone = open(false);
    expect(alone.indexAt).toBe(NEVER);
    alone.setIndexed(0);
    expect(alone.indexAt).toBe(NEVER);
  });
});
