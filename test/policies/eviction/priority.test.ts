import { describe, expect, test } from "vitest";
import { InvalidOptionError } from "../../../src/errors.ts";
import { priority } from "../../../src/policies/eviction/priority.ts";
import { BlockForest } from "../../support/block-forest.ts";

const FOREVER = Number.POSITIVE_INFINITY;

function forestOf(parents: readonly number[], defaultPriority?: number) {
  const policy = priority(defaultPriority);
  return { policy, forest: new BlockForest(policy, parents) };
}

describe("priority", () => {
  test("gives up the lowest priority, of equal ones the least recently used; 35 is nobody's word", () => {
    const { policy, forest } = forestOf([0, 0, 0, 0, 0]);
    forest.release(1, 2, 3, 4, 5);
    policy.retain!(1, 90, FOREVER);
    policy.retain!(2, 34, FOREVER);
    policy.retain!(4, 36, FOREVER);
    forest.use(3);
    expect(forest.drain()).toEqual([2, 5, 3, 4, 1]);
  });

  test("a priority given while the block is held counts when it is cached", () => {
    const { policy, forest } = forestOf([0, 0]);
    policy.retain!(1, 90, FOREVER);
    forest.release(1, 2);
    expect(forest.drain()).toEqual([2, 1]);
  });

  test("after its time the block has the default again, in its old place among those", () => {
    const { policy, forest } = forestOf([0, 0, 0]);
    policy.retain!(1, 90, 10);
    policy.retain!(2, 80, 20);
    forest.release(1, 2, 3);
    policy.advance!(9.9);
    expect(forest.evict()).toBe(3);
    policy.advance!(10);
    expect(forest.drain()).toEqual([1, 2]);
  });

  test("it ends for a held block as well", () => {
    const { policy, forest } = forestOf([0, 0]);
    policy.retain!(1, 90, 10);
    policy.advance!(11);
    forest.release(1, 2);
    expect(forest.drain()).toEqual([1, 2]);
  });

  test("of several words the greatest priority stands, of equal ones the longest", () => {
    const { policy, forest } = forestOf([0, 0]);
    policy.retain!(1, 90, 10);
    policy.retain!(1, 50, FOREVER);
    policy.retain!(1, 90, 5);
    policy.retain!(2, 60, 10);
    policy.retain!(2, 70, 8);
    forest.release(1, 2);
    policy.advance!(8);
    expect(forest.evict()).toBe(2);
    policy.advance!(10);
    expect(forest.drain()).toEqual([1]);
  });

  test("what a block held before does not count for what it holds now", () => {
    const { policy, forest } = forestOf([0, 0]);
    policy.retain!(1, 90, FOREVER);
    forest.release(1);
    expect(forest.evict()).toBe(1);
    forest.refill(1).release(1, 2);
    expect(forest.drain()).toEqual([1, 2]);
  });

  test("a parent never goes before its child, whatever their priorities", () => {
    const { policy, forest } = forestOf([0, 1, 0]);
    policy.retain!(1, 0, FOREVER);
    policy.retain!(2, 100, FOREVER);
    forest.release(2, 1, 3);
    expect(forest.drain()).toEqual([3, 2, 1]);
  });

  test("another default moves those that nobody spoke for", () => {
    const { policy, forest } = forestOf([0, 0], 80);
    policy.retain!(1, 50, FOREVER);
    forest.release(2, 1);
    expect(forest.drain()).toEqual([1, 2]);
  });

  test("refuses what is no priority, and a second cache", () => {
    expect(() => priority(101)).toThrow(new InvalidOptionError("defaultPriority must be in [0, 100], got 101"));
    const { policy } = forestOf([0]);
    expect(() => policy.retain!(1, -1, 5)).toThrow("a retention priority must be in [0, 100], got -1");
    expect(() => new BlockForest(policy, [0])).toThrow("an eviction policy serves one cache");
  });
});
