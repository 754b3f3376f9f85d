import { expect, test } from "vitest";
import { promptLookup } from "../../../src/policies/drafting/prompt-lookup.ts";

function propose(tokens: number[], most = 9, options?: Parameters<typeof promptLookup>[0]): number[] {
  // What stands behind the known tokens is not looked at.
  return Array.from(promptLookup(options).propose(Int32Array.from([...tokens, 1, 2, 3]), tokens.length, most));
}

test.each<[string, number[], number[]]>([
  ["what followed the same ending", [1, 2, 3, 4, 9, 1, 2], [3, 4, 9, 1]],
  ["nothing where the ending is new", [1, 2, 3, 4], []],
  ["nothing where only one token is the same", [5, 1, 6, 2, 1], []],
  ["what followed the longest ending, not the last one", [7, 1, 2, 3, 8, 1, 2, 4, 7, 1, 2], [3, 8, 1, 2]],
  ["of equally long ones the last", [1, 2, 3, 1, 2, 4, 1, 2], [4, 1, 2, 4]],
  ["a loop that goes on", [5, 6, 5, 6, 5], [6, 5, 6, 5]],
])("proposes %s", (_what, tokens, drafts) => expect(propose(tokens)).toEqual(drafts));

test("no more than is wanted, and than its own limit", () => {
  expect(propose([1, 2, 3, 4, 5, 6, 7, 1, 2], 2)).toEqual([3, 4]);
  expect(propose([1, 2, 3, 4, 5, 6, 7, 1, 2], 9, { maxDrafts: 3 })).toEqual([3, 4, 5]);
});

test("lengths are options", () => {
  expect(propose([5, 1, 6, 2, 1], 9, { minLength: 1 })).toEqual([6, 2, 1, 6]);
  expect(propose([1, 2, 3, 1, 2], 9, { minLength: 3 })).toEqual([]);
  for (const options of [{ maxDrafts: 0 }, { minLength: 1.5 }, { minLength: 3, maxLength: 2 }]) {
    expect(() => promptLookup(options)).toThrow(/maxDrafts|minLength/);
  }
});
