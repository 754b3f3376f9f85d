import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createLinks } from "../../src/collections/linked-queue.ts";
import { LinkedQueue } from "../../src/collections/linked-queue.ts";
import { FreeStack } from "../../src/collections/free-stack.ts";

const BLOCKS = 12;

const commands = fc.array(fc.tuple(fc.constantFrom("queue", "remove", "free"), fc.integer({ min: 1, max: BLOCKS })), {
  maxLength: 200,
});

/** Takes all blocks out, first to last. */
function drain(queue: LinkedQueue): number[] {
  return Array.from({ length: queue.size }, () => {
    const { first } = queue;
    queue.remove(first);
    return first;
  });
}

describe("LinkedQueue", () => {
  test("a queue and a stack on the same links equal two arrays, after any program", () => {
    fc.assert(
      fc.property(commands, (program) => {
        const links = createLinks(BLOCKS);
        const stack = new FreeStack(links.next, 0);
        const queue = new LinkedQueue(links);
        let queued: number[] = [];
        const free: number[] = [];
        for (const [verb, block] of program) {
          if (verb === "remove" && queued.includes(block)) {
            queue.remove(block);
            queued = queued.filter((each) => each !== block);
          } else if (verb === "queue" && !queued.includes(block) && !free.includes(block)) {
            queue.pushBack(block);
            queued.push(block);
          } else if (verb === "free" && !queued.includes(block) && !free.includes(block)) {
            stack.push(block);
            free.unshift(block);
          } else if (verb === "free" && free.length > 0) {
            expect(stack.pop()).toBe(free[0]);
            free.shift();
          }
          expect([queue.size, stack.size]).toEqual([queued.length, free.length]);
          if (queued.length > 0) expect(queue.first).toBe(queued[0]);
        }
        expect([[...stack], drain(queue)]).toEqual([free, queued]);
      }),
    );
  });

  test("takes blocks out of the front, the middle and the end", () => {
    const queue = new LinkedQueue(createLinks(5));
    for (const block of [1, 2, 3, 4, 5]) queue.pushBack(block);
    for (const block of [3, 1, 5]) queue.remove(block);
    expect([queue.size, queue.first]).toEqual([2, 2]);
    expect(drain(queue)).toEqual([2, 4]);
  });
});

describe("createLinks", () => {
  test("costs 8 bytes a block, and a few for the ends", () => {
    const { next, prev } = createLinks(1000);
    expect(next.byteLength + prev.byteLength - 8 * 1000).toBe(16);
  });
});
