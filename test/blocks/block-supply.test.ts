import { describe, expect, test } from "vitest";
import { cacheParts, pairsOf } from "../support/cache-parts.ts";

/** A pool of two blocks, both cached: tokens [1, 2] and then [3, 4] below them. */
function full(options: Parameters<typeof cacheParts>[0] = {}) {
  const parts = cacheParts({ blockCount: 2, ...options });
  const sequence = parts.indexed([1, 2, 3, 4]);
  const [head, tail] = parts.blocksOf(sequence);
  const nodes = [head, tail].map((block) => parts.pool.labels[block]);
  parts.letGo(sequence);
  return { ...parts, head, tail, nodes };
}

describe("BlockSupply", () => {
  test("gives free blocks, then cached ones, children before parents", () => {
    const evicted: number[] = [];
    const { supply, journal, head, tail, prefixes } = full({ onEvict: (block) => evicted.push(block) });
    expect([supply.allocate(journal), supply.allocate(journal), evicted, prefixes.tree.size]).toEqual([
      tail,
      head,
      [tail, head],
      0,
    ]);
  });

  test("swaps out first where there is a host tier and it is worth it", () => {
    const { supply, journal, tail, nodes, prefixes } = full({ hostBlockCount: 1 });
    supply.allocate(journal);
    expect([pairsOf(journal.swapOuts), pairsOf(journal.demoted), prefixes.isResident(0, nodes[1])]).toEqual([
      [[tail, 1]],
      [[0, nodes[1]]],
      true,
    ]);
    supply.allocate(journal);
    expect([pairsOf(journal.swapOuts).length, prefixes.isResident(0, nodes[0])]).toEqual([1, false]);
  });

  test("does not where it is not worth it, or a copy is there already", () => {
    const costly = full({ hostBlockCount: 1, worthSwapping: () => false });
    costly.supply.allocate(costly.journal);
    expect(costly.journal.swapOuts.length).toBe(0);
    const there = full({ hostBlockCount: 1 });
    there.prefixes.storeOnHost(0, there.nodes[1]);
    there.prefixes.host.unpin();
    there.supply.allocate(there.journal);
    expect([there.journal.swapOuts.length, there.prefixes.host.storedCount]).toEqual([0, 1]);
  });

  test("asks whether it is worth it only where there is a host tier, and of the block that goes", () => {
    const asked: number[] = [];
    const worthSwapping = (block: number): boolean => asked.push(block) > 0;
    const without = full({ worthSwapping });
    without.supply.allocate(without.journal);
    expect(asked).toEqual([]);
    const tiered = full({ worthSwapping, hostBlockCount: 1 });
    tiered.supply.allocate(tiered.journal);
    expect(asked).toEqual([tiered.tail]);
  });

  test("a block swapped in is the node's again", () => {
    const { supply, journal, nodes, prefixes, tail } = full({ hostBlockCount: 1 });
    prefixes.storeOnHost(0, nodes[1]);
    prefixes.drop(tail);
    const block = supply.swapIn(0, nodes[1], supply.allocate(journal), journal);
    expect([block, prefixes.blockOf(0, nodes[1]), pairsOf(journal.swapIns), journal.computes(block)]).toEqual([
      tail,
      tail,
      [[1, tail]],
      true,
    ]);
  });
});
