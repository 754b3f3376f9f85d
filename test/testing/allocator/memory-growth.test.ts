import { expect, test } from "vitest";
import { findGrowth, MEMORY_LAW } from "../../../src/testing/allocator/memory-growth.ts";
import type { Program } from "../../../src/testing/index.ts";
import { remembersEverybody } from "../../support/mutants/remembers-everybody.ts";
import { PagedAllocator } from "../../support/paged-allocator.ts";

const PROGRAM: Program = {
  sizes: { blockCount: 2, blockSize: 2, maxTokens: 8, windows: [null], hostBlockCount: 1 },
  commands: [{ kind: "allocate", sequence: 0, tokens: [1, 2, 3] }],
};

test("a cache may fill up, and no more", () => {
  expect(findGrowth((sizes) => new PagedAllocator(sizes), PROGRAM)).toBeNull();
});

test("what goes on growing is found", () => {
  expect(findGrowth(remembersEverybody.make, PROGRAM)).toEqual({
    law: MEMORY_LAW,
    detail: "bytes() is 8 at most in the first 4 rounds of the program, 11 or more in half of as many more",
    commandsBefore: 0,
    command: null,
  });
});

test("an allocator that throws breaks another law", () => {
  const make = (sizes: Program["sizes"]) =>
    Object.assign(new PagedAllocator(sizes), {
      bytes: () => {
        throw new Error("who counts?");
      },
    });
  expect(findGrowth(make, PROGRAM)).toMatchObject({
    law: "a command that makes sense never throws",
    detail: "Error: who counts?",
  });
});
