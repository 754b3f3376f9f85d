import { describe, expect, test } from "vitest";
import { costAware } from "../../../src/policies/eviction/cost-aware.ts";
import { BlockForest } from "../../support/block-forest.ts";

describe("cost-aware", () => {
  test("gives up what was used least, of equal ones the least recently used", () => {
    const forest = new BlockForest(costAware(), [0, 0, 0]).release(1, 2, 3);
    forest.use(2).use(1);
    expect(forest.drain()).toEqual([3, 2, 1]);
  });

  test("what costs more to compute again stays longer", () => {
    // 1 <- 2, and 3 alone: block 2 is one deep.
    const forest = new BlockForest(
      costAware((depth) => 1 + 10 * depth),
      [0, 1, 0],
    ).release(2, 1, 3);
    expect(forest.drain()).toEqual([3, 2, 1]);
    const cheap = new BlockForest(
      costAware((depth) => 1 / (1 + depth)),
      [0, 1, 0],
    ).release(2, 1, 3);
    expect(cheap.drain()).toEqual([2, 1, 3]);
  });

  test("what was popular once goes when the clock has passed it", () => {
    const forest = new BlockForest(costAware(), [0, 0]).release(1);
    for (let i = 0; i < 3; i++) forest.use(1);
    // Each that comes once sets the clock one on: to 1, 2, 3, until it is worth as much as block 1, used four times,
    // and younger.
    const evicted = Array.from({ length: 4 }, () => {
      forest.refill(2).release(2);
      return forest.evict();
    });
    expect(evicted).toEqual([2, 2, 2, 1]);
  });

  test("asks for the cost of what a block holds once, and anew for what it holds next", () => {
    const asked: number[] = [];
    const forest = new BlockForest(
      costAware((depth) => (asked.push(depth), 1)),
      [0, 1],
    ).release(2, 1);
    forest.use(1, 2).use(1, 2);
    expect(asked).toEqual([1, 0]);
    forest.evict();
    forest.refill(2).release(2);
    expect(asked).toEqual([1, 0, 1]);
  });

  test("serves one cache", () => {
    const policy = costAware();
    expect(new BlockForest(policy, [0])).toBeDefined();
    expect(() => new BlockForest(policy, [0])).toThrow("an eviction policy serves one cache");
  });
});
