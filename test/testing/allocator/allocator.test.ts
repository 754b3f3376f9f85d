import { expect, test } from "vitest";
import { blocksOf } from "../../../src/testing/allocator/allocator.ts";

test.each([
  [0, 4, 0],
  [1, 4, 1],
  [4, 4, 1],
  [5, 4, 2],
  [3, 1, 3],
])("blocksOf(%i tokens, %i a block) is %i", (tokens, size, blocks) => expect(blocksOf(tokens, size)).toBe(blocks));
