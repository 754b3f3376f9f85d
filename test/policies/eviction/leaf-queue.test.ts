import { expect, test } from "vitest";
import { LeafQueue } from "../../../src/policies/eviction/leaf-queue.ts";

/** A queue over blocks of which these are leaves. */
function queueOver(leaves: Set<number>): LeafQueue {
  return new LeafQueue(5, { isLeaf: (block) => leaves.has(block), depth: () => 0 });
}

test("names the least key, of equal ones the first that was added", () => {
  const queue = queueOver(new Set([1, 2, 3]));
  queue.add(2, 5);
  queue.add(3, 1);
  queue.add(1, 1);
  expect([queue.least, queue.keyOf(2)]).toEqual([3, 5]);
  queue.remove(3);
  expect(queue.least).toBe(1);
  queue.setKey(1, 9);
  expect([queue.least, queue.has(1), queue.has(3)]).toEqual([2, true, false]);
});

test("names no block before it is a leaf, and hears of that twice without harm", () => {
  const leaves = new Set([2]);
  const queue = queueOver(leaves);
  queue.add(2, 9);
  queue.add(1, 0);
  expect(queue.least).toBe(2);
  queue.becameLeaf(1);
  queue.becameLeaf(1);
  queue.becameLeaf(4);
  expect([queue.least, queue.has(4)]).toEqual([1, false]);
  queue.remove(1);
  queue.remove(2);
  expect(() => queue.least).toThrow("empty");
});

test("a block that is added again is the youngest of its key", () => {
  const queue = queueOver(new Set([1, 2]));
  queue.add(1, 0);
  queue.add(2, 0);
  queue.remove(1);
  queue.add(1, 0);
  expect(queue.least).toBe(2);
});
