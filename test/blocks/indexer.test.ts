import { describe, expect, test } from "vitest";
import { cacheParts, pairsOf } from "../support/cache-parts.ts";

const tokens = new Int32Array([1, 2, 3, 4, 5]);

describe("Indexer", () => {
  test("puts full blocks in, once, and notes them for the plan", () => {
    const { indexer, holding, journal, blocksOf, search } = cacheParts();
    const sequence = holding(5);
    indexer.index(sequence, tokens, 3, journal);
    indexer.index(sequence, tokens, 5, journal);
    expect([sequence.indexedBlocks, sequence.indexAt, pairsOf(journal.indexed).map(([block]) => block)]).toEqual([2, 6, blocksOf(sequence).slice(0, 2)]);
    expect(search([1, 2, 3, 4, 5]).tokenCount).toBe(4);
  });

  test("a commit makes it final, a failure takes it out, children before parents", () => {
    for (const fate of ["settle", "revert"] as const) {
      const { indexer, holding, journal, search, pool } = cacheParts();
      indexer.index(holding(5), tokens, 5, journal);
      indexer[fate](journal);
      expect([search([1, 2, 3, 4]).tokenCount, journal.indexed.length, pool.heldCount]).toEqual([fate === "settle" ? 4 : 0, 0, 3]);
    }
  });

  test("where an equal block is there, takes it at commit and gives its own back", () => {
    const { indexer, indexed, holding, journal, blocksOf, pool } = cacheParts();
    const first = indexed([1, 2]);
    const second = holding(2);
    const [own] = blocksOf(second);
    indexer.index(second, tokens, 2, journal);
    expect([blocksOf(second), pool.referenceCount(blocksOf(first)[0]), second.adoptions.length]).toEqual([[own], 2, 1]);
    indexer.settle(journal);
    expect([blocksOf(second), pool.inspect(own).state, second.adoptions.length, indexer.rewriteCount, second.rewritten]).toEqual([blocksOf(first), "free", 0, 1, true]);
  });

  test("keeps its own where the plan fails", () => {
    const { indexer, indexed, holding, journal, blocksOf, pool } = cacheParts();
    const first = indexed([1, 2]);
    const second = holding(2);
    const [own] = blocksOf(second);
    indexer.index(second, tokens, 2, journal);
    indexer.revert(journal);
    expect([blocksOf(second), pool.referenceCount(blocksOf(first)[0]), second.adoptions.length, indexer.rewriteCount]).toEqual([[own], 1, 0, 0]);
  });

  test("gives the equal block back where a window left its own meanwhile", () => {
    const { indexer, indexed, holding, journal, blocksOf, prefixes, pool } = cacheParts({ groups: [{ window: 2 }] });
    const first = indexed([1, 2]);
    const second = holding(2);
    indexer.index(second, tokens, 2, journal);
    prefixes.release(second.tables[0].shift());
    indexer.settle(journal);
    expect([pool.referenceCount(blocksOf(first)[0]), pool.heldCount, second.tables[0].ids[0], second.rewritten]).toEqual([1, 1, 0, false]);
  });

  test("a failed plan drops no block that was indexed anew since", () => {
    const { indexer, holding, journal, blocksOf, prefixes, root, search } = cacheParts();
    const sequence = holding(2);
    indexer.index(sequence, tokens, 2, journal);
    const [block] = blocksOf(sequence);
    prefixes.drop(block);
    // The first to come takes the node's number; the block gets another one.
    prefixes.intern(root, new Int32Array([8, 9]), 0);
    prefixes.store(prefixes.intern(root, new Int32Array([7, 7]), 0), 0, block);
    indexer.revert(journal);
    expect(search([7, 7]).tokenCount).toBe(2);
  });

  test("without a journal it is final at once", () => {
    const { indexer, indexed, holding, blocksOf } = cacheParts();
    const first = indexed([1, 2]);
    const second = holding(2);
    indexer.index(second, tokens, 2, null);
    expect(blocksOf(second)).toEqual(blocksOf(first));
  });

  test("what a sequence indexed before is its own still, and no equal one to take", () => {
    const { indexer, holding, journal, blocksOf, pool } = cacheParts();
    const sequence = holding(4);
    indexer.index(sequence, tokens, 4, journal);
    sequence.setIndexed(0);
    sequence.tail = sequence.root;
    indexer.index(sequence, tokens, 4, journal);
    expect([sequence.adoptions.length, journal.adoptions.length, blocksOf(sequence).map((block) => pool.referenceCount(block))]).toEqual([0, 0, [1, 1]]);
  });

  test("a failed plan's swap-outs leave nothing on the host, each its own", () => {
    const { indexer, indexed, letGo, supply, journal, prefixes, pool } = cacheParts({ blockCount: 2, hostBlockCount: 3 });
    letGo(indexed([1, 2, 3, 4]));
    for (const block of [supply.allocate(journal), supply.allocate(journal)]) pool.release(block);
    expect([prefixes.host.storedCount, pairsOf(journal.swapOuts).length]).toEqual([2, 2]);
    indexer.revert(journal);
    expect([prefixes.host.storedCount, prefixes.tree.size, pool.freeCount]).toEqual([0, 0, 2]);
  });

  test("a commit tells of what can be matched then: of no block that was given up or swapped out in vain meanwhile", () => {
    const told: string[] = [];
    const { indexer, holding, indexed, letGo, journal, prefixes, blocksOf } = cacheParts({
      blockCount: 4,
      hostBlockCount: 3,
      onEvent: (event) => told.push(event.type === "stored" ? `${event.type} ${event.tier} ${event.tokenIds[0]}` : event.type),
    });
    letGo(indexed([1, 2, 3, 4]));
    expect(told.splice(0)).toEqual(["stored device 1", "stored device 3"]);
    const sequence = holding(8);
    expect(told.splice(0)).toEqual(["removed", "removed"]);
    prefixes.host.unpin();
    prefixes.dropFromHost(0, journal.demoted.at(1));
    indexer.index(sequence, new Int32Array([5, 6, 7, 8]), 4, journal);
    prefixes.drop(blocksOf(sequence)[1]);
    indexer.settle(journal);
    expect(told).toEqual(["stored device 5", "stored host 1"]);
  });

  test("a sequence that is not to be cached is left alone", () => {
    const { indexer, holding, journal, prefixes } = cacheParts();
    const sequence = holding(4);
    sequence.stopIndexing();
    indexer.index(sequence, tokens, 4, journal);
    expect([prefixes.tree.size, sequence.indexedBlocks]).toEqual([0, 0]);
  });
});
