import { describe, expect, test } from "vitest";
import { createLinks } from "../../src/collections/linked-queue.ts";
import { FreeStack } from "../../src/collections/free-stack.ts";

describe("FreeStack", () => {
  test("hands blocks out from the first on, and again first what came back last", () => {
    const stack = new FreeStack(createLinks(3).next, 3);
    expect([[...stack], stack.size]).toEqual([[1, 2, 3], 3]);
    expect([stack.pop(), stack.pop()]).toEqual([1, 2]);
    stack.push(1);
    stack.push(2);
    expect([[...stack], stack.size]).toEqual([[2, 1, 3], 3]);
  });

  test("needs no links of blocks that it does not hold", () => {
    const links = createLinks(2);
    const stack = new FreeStack(links.next, 2);
    const block = stack.pop();
    links.next[block] = 77;
    links.prev.fill(77);
    stack.push(block);
    expect([...stack]).toEqual([1, 2]);
  });
});
