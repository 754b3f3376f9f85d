import { expect, test } from "vitest";
import { lfu } from "../../../src/policies/eviction/lfu.ts";
import { BlockForest } from "../../support/block-forest.ts";

test("gives up what was matched the fewest times, of equal ones the least recently used", () => {
  const forest = new BlockForest(lfu(), [0, 0, 0, 0]).release(1, 2, 3, 4);
  forest.use(1).use(2).use(1).use(3);
  expect(forest.drain()).toEqual([4, 2, 3, 1]);
});

test("children go before parents, however often they were matched", () => {
  // 1 <- 2 <- 3, and 4 alone.
  const forest = new BlockForest(lfu(), [0, 1, 2, 0]).release(3, 2, 1, 4);
  forest.use(4).use(4).use(4);
  expect(forest.drain()).toEqual([3, 2, 1, 4]);
});

test("what a block held before does not count for what it holds now", () => {
  const forest = new BlockForest(lfu(), [0, 0, 0]).release(1, 2, 3);
  for (const block of [1, 1, 2, 2, 3, 3, 3]) forest.use(block);
  expect(forest.evict()).toBe(1);
  forest.refill(1).release(1);
  expect(forest.drain()).toEqual([1, 2, 3]);
});

test("keeps what many share through a flood of what comes once", () => {
  const forest = new BlockForest(lfu(), [0, 0, 0]).release(1, 2);
  forest.use(1);
  for (let i = 0; i < 20; i++) {
    forest.refill(3).release(3);
    expect(forest.evict()).not.toBe(1);
    forest.refill(2).release(2);
    expect(forest.evict()).not.toBe(1);
  }
});

test("serves one cache", () => {
  const policy = lfu();
  expect(new BlockForest(policy, [0])).toBeDefined();
  expect(() => new BlockForest(policy, [0])).toThrow("an eviction policy serves one cache");
});
