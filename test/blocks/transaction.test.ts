import { describe, expect, test } from "vitest";
import { StepJournal } from "../../src/blocks/step-journal.ts";
import { cacheParts, pairsOf } from "../support/cache-parts.ts";

const tokens = new Int32Array([1, 2, 3, 4, 5]);

describe("Transactions", () => {
  test("puts full blocks in, once, and notes them for the plan", () => {
    const { cache, holding, journal, blocksOf, search } = cacheParts();
    const sequence = holding(5);
    cache.index(sequence, tokens, 3, journal);
    cache.index(sequence, tokens, 5, journal);
    expect([sequence.indexedBlocks, sequence.indexAt, pairsOf(journal.indexed).map(([block]) => block)]).toEqual([
      2,
      6,
      blocksOf(sequence).slice(0, 2),
    ]);
    expect(search([1, 2, 3, 4, 5]).tokenCount).toBe(4);
  });

  test("a commit makes it final, a failure takes it out, children before parents", () => {
    for (const fate of ["commit", "rollBack"] as const) {
      const { cache, holding, journal, search, pool } = cacheParts();
      cache.index(holding(5), tokens, 5, journal);
      cache[fate](journal);
      expect([search([1, 2, 3, 4]).tokenCount, journal.indexed.length, pool.heldCount]).toEqual([
        fate === "commit" ? 4 : 0,
        0,
        3,
      ]);
    }
  });

  test("where an equal block is there, takes it at commit and gives its own back", () => {
    const { cache, indexed, holding, journal, blocksOf, pool } = cacheParts();
    const first = indexed([1, 2]);
    const second = holding(2);
    const [own] = blocksOf(second);
    cache.index(second, tokens, 2, journal);
    expect([blocksOf(second), pool.references[blocksOf(first)[0]], second.adoptions.length]).toEqual([[own], 2, 1]);
    cache.commit(journal);
    expect([blocksOf(second), pool.inspect(own).state, second.adoptions.length]).toEqual([blocksOf(first), "free", 0]);
  });

  test("keeps its own where the plan fails", () => {
    const { cache, indexed, holding, journal, blocksOf, pool } = cacheParts();
    const first = indexed([1, 2]);
    const second = holding(2);
    const [own] = blocksOf(second);
    cache.index(second, tokens, 2, journal);
    cache.rollBack(journal);
    expect([blocksOf(second), pool.references[blocksOf(first)[0]], second.adoptions.length]).toEqual([[own], 1, 0]);
  });

  test("gives the equal block back where a window left its own meanwhile", () => {
    const { cache, indexed, holding, journal, blocksOf, pool } = cacheParts({ groups: [{ window: 2 }] });
    const first = indexed([1, 2, 3, 4]);
    const second = holding(6);
    cache.index(second, tokens, 4, journal);
    cache.slide(second, 6);
    expect(second.tables[0].first).toBe(1);
    cache.commit(journal);
    expect([pool.references[blocksOf(first)[0]], pool.heldCount, second.tables[0].ids]).toEqual([
      1,
      3,
      [0, blocksOf(first)[1], expect.any(Number)],
    ]);
  });

  test("a failed plan drops no block that was indexed anew since", () => {
    const { cache, holding, journal, blocksOf, prefixes, root, search } = cacheParts();
    const sequence = holding(2);
    cache.index(sequence, tokens, 2, journal);
    const [block] = blocksOf(sequence);
    prefixes.drop(block);
    // The first to come takes the node's number; the block gets another one.
    prefixes.intern(root, new Int32Array([8, 9]), 0);
    prefixes.store(prefixes.intern(root, new Int32Array([7, 7]), 0), 0, block);
    cache.rollBack(journal);
    expect(search([7, 7]).tokenCount).toBe(2);
  });

  test("without a journal it is final at once", () => {
    const { cache, indexed, holding, blocksOf } = cacheParts();
    const first = indexed([1, 2]);
    const second = holding(2);
    cache.index(second, tokens, 2, null);
    expect(blocksOf(second)).toEqual(blocksOf(first));
  });

  test("what a sequence indexed before is its own still, and no equal one to take", () => {
    const { cache, tables, holding, journal, blocksOf, pool } = cacheParts();
    const sequence = holding(4);
    cache.index(sequence, tokens, 4, journal);
    tables.setIndexed(sequence.slot, sequence.root, 0);
    cache.index(sequence, tokens, 4, journal);
    expect([
      sequence.adoptions.length,
      journal.adoptions.length,
      blocksOf(sequence).map((block) => pool.references[block]),
    ]).toEqual([0, 0, [1, 1]]);
  });

  test("a failed plan's swap-outs leave nothing on the host, each its own", () => {
    const { cache, indexed, letGo, supply, journal, prefixes, pool } = cacheParts({ blockCount: 2, hostBlockCount: 3 });
    letGo(indexed([1, 2, 3, 4]));
    for (const block of [supply.allocate(journal), supply.allocate(journal)]) pool.release(block);
    expect([prefixes.host.storedCount, pairsOf(journal.swapOuts).length]).toEqual([2, 2]);
    cache.rollBack(journal);
    expect([prefixes.host.storedCount, prefixes.tree.size, pool.freeCount]).toEqual([0, 0, 2]);
  });

  test("a commit tells of what can be matched then: of no block that was given up or swapped out in vain meanwhile", () => {
    const told: string[] = [];
    const { cache, holding, indexed, letGo, journal, prefixes, blocksOf } = cacheParts({
      blockCount: 4,
      hostBlockCount: 3,
      onEvent: (event) =>
        told.push(event.type === "stored" ? `${event.type} ${event.tier} ${event.tokenIds[0]}` : event.type),
    });
    letGo(indexed([1, 2, 3, 4]));
    expect(told.splice(0)).toEqual(["stored device 1", "stored device 3"]);
    const sequence = holding(8);
    expect(told.splice(0)).toEqual(["removed", "removed"]);
    prefixes.host.unpin();
    prefixes.dropFromHost(0, journal.demoted.items[1]);
    cache.index(sequence, new Int32Array([5, 6, 7, 8]), 4, journal);
    prefixes.drop(blocksOf(sequence)[1]);
    cache.commit(journal);
    expect(told).toEqual(["stored device 5", "stored host 1"]);
  });

  test("a sequence that is not to be cached is left alone", () => {
    const { cache, open, journal, prefixes } = cacheParts();
    const sequence = open(false);
    cache.extend(sequence, 4, journal);
    cache.index(sequence, tokens, 4, journal);
    expect([prefixes.tree.size, sequence.indexedBlocks]).toEqual([0, 0]);
  });
});

describe("StepJournal", () => {
  test("knows which blocks its plan computes: their names, not the nodes beside them", () => {
    const journal = new StepJournal();
    for (const item of [5, 1, 6, 2]) journal.indexed.push(item);
    expect([5, 6, 1, 2].map((block) => journal.computes(block))).toEqual([true, true, false, false]);
  });

  test("notes copies as pairs", () => {
    const journal = new StepJournal();
    journal.copy(3, 8);
    journal.copy(4, 9);
    expect(pairsOf(journal.copies)).toEqual([
      [3, 8],
      [4, 9],
    ]);
  });

  test("cleared, holds nothing of the last plan", () => {
    const journal = new StepJournal();
    for (const item of [5, 1]) journal.indexed.push(item);
    journal.copy(3, 8);
    for (const list of [journal.swapOuts, journal.swapIns, journal.demoted]) list.push(1);
    journal.adoptions.push({ slot: 0, group: 0, index: 0, block: 1, journal, settled: true });
    journal.clear();
    const { indexed, copies, swapOuts, swapIns, demoted, adoptions } = journal;
    expect([indexed, copies, swapOuts, swapIns, demoted, adoptions].map(({ length }) => length)).toEqual([
      0, 0, 0, 0, 0, 0,
    ]);
    expect(journal.computes(5)).toBe(false);
  });
});

test("tokens of a committed plan keep their own block where only a plan in flight computes an equal one", () => {
  const { cache, holding, blocksOf, search } = cacheParts();
  const [drafted, other] = [holding(2), holding(2)];
  const own = blocksOf(drafted);
  const ahead = new StepJournal();
  cache.index(other, tokens, 2, ahead);
  // The plan of the guesses is committed: they were right, and are indexed now.
  cache.index(drafted, tokens, 2, null);
  cache.truncate(other, 0);
  cache.rollBack(ahead);
  expect([blocksOf(drafted), search([1, 2, 3]).tokenCount]).toEqual([own, 0]);
  cache.kv.checkInvariants();
});
