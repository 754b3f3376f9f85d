import { describe, expect, test } from "vitest";
import { AssertionError } from "../../../src/assert.ts";
import type { CachedBlocks } from "../../../src/blocks/eviction.ts";
import { BlockPool } from "../../../src/blocks/block-pool.ts";
import { lru } from "../../../src/policies/eviction/lru.ts";

const blocks: CachedBlocks = { isLeaf: () => true, depth: () => 0 };

/** A policy on a pool whose blocks are all cached, and so in nobody's queue but the policy's. */
function attached(blockCount: number) {
  const pool = new BlockPool(blockCount);
  for (let i = 0; i < blockCount; i++) pool.label(pool.acquire(), i + 1);
  for (let block = 1; block <= blockCount; block++) pool.release(block);
  const policy = lru();
  policy.attach(pool, blocks);
  return { pool, policy };
}

describe("lru", () => {
  test("gives up the block whose holder let go first", () => {
    const { policy } = attached(3);
    for (const block of [2, 3, 1]) policy.add(block);
    expect(policy.victim()).toBe(2);
    policy.remove(2);
    expect(policy.victim()).toBe(3);
  });

  test("forgets a block that is held again, wherever it stands; afterwards it is the youngest", () => {
    const { policy } = attached(3);
    for (const block of [1, 2, 3]) policy.add(block);
    policy.remove(2);
    policy.remove(1);
    policy.add(1);
    const order = [3, 1].map(() => {
      const victim = policy.victim();
      policy.remove(victim);
      return victim;
    });
    expect(order).toEqual([3, 1]);
  });

  test("leaves the pool's free queue alone, with which it shares links", () => {
    const { pool, policy } = attached(4);
    for (const block of [1, 2, 3]) policy.add(block);
    pool.unlabel(4);
    policy.remove(2);
    pool.unlabel(2);
    pool.checkInvariants();
    expect([pool.acquire(), pool.acquire(), policy.victim()]).toEqual([2, 4, 1]);
  });

  test("serves one cache", () => {
    const { policy } = attached(1);
    expect(() => policy.attach(new BlockPool(1), blocks)).toThrow(
      new AssertionError("an eviction policy serves one cache"),
    );
  });
});
