import { describe, test } from "vitest";
import { prefixLaws } from "../../../../src/testing/allocator/laws/prefixes.ts";
import type { AllocatorSizes, Command } from "../../../../src/testing/index.ts";
import { expectBroken, type LawCase } from "../../../support/law-cases.ts";
import type { Mutant } from "../../../support/mutants/mutant.ts";
import { adapterIgnored } from "../../../support/mutants/adapter-ignored.ts";
import { evictsWithBlocksFree } from "../../../support/mutants/evicts-with-blocks-free.ts";
import { firstPartialMatch } from "../../../support/mutants/first-partial-match.ts";
import { headsFreedFirst } from "../../../support/mutants/heads-freed-first.ts";
import { lastTokenCached } from "../../../support/mutants/last-token-cached.ts";
import { parentEvictedFirst } from "../../../support/mutants/parent-evicted-first.ts";
import { parentIgnored } from "../../../support/mutants/parent-ignored.ts";
import { partialOffByOne } from "../../../support/mutants/partial-off-by-one.ts";
import { saltIgnored } from "../../../support/mutants/salt-ignored.ts";
import { PagedAllocator } from "../../../support/paged-allocator.ts";

function sizes(blockCount: number, blockSize: number): AllocatorSizes {
  return { blockCount, blockSize, maxTokens: 16, windows: [null], hostBlockCount: 0 };
}
const allocate = (sequence: number, ...tokens: number[]): Command => ({ kind: "allocate", sequence, tokens });
const lookup = (...tokens: number[]): Command => ({ kind: "lookup", tokens });

const takesNothing: Mutant = {
  bug: "allocate leaves the cache alone",
  make: (of) => {
    const allocator = new PagedAllocator(of);
    const find = allocator.match.bind(allocator);
    const take = allocator.allocate.bind(allocator);
    let allocating = false;
    return Object.assign(allocator, {
      match: (...wanted: Parameters<typeof find>) => (allocating ? { blocks: [], partial: null } : find(...wanted)),
      allocate: (...asked: Parameters<typeof take>) => {
        allocating = true;
        const answer = take(...asked);
        allocating = false;
        return answer;
      },
    });
  },
};

const tooShortOnce: Mutant = {
  bug: "one lookup is too short",
  make: (of) => {
    const allocator = new PagedAllocator(of);
    const find = allocator.lookup.bind(allocator);
    let isFirst = true;
    return Object.assign(allocator, {
      lookup: (...wanted: Parameters<typeof find>) => {
        const found = find(...wanted);
        if (found === 0 || !isFirst || allocator.stats().held > 0) return found;
        isFirst = false;
        return 0;
      },
    });
  },
};

const CASES: readonly LawCase[] = [
  [
    "a lookup finds no more than the longest common beginning",
    tooShortOnce,
    sizes(8, 1),
    [allocate(0, 1), { kind: "free", sequence: 0 }, lookup(1, 2)],
    "the lookup of [1,2] finds 1 tokens that an earlier lookup did not find: that one was too short, or an evicted block is found",
  ],
  [
    "a lookup finds no more than the longest common beginning",
    parentIgnored,
    sizes(8, 1),
    [allocate(0, 1, 2), allocate(1, 3), lookup(3, 2, 4)],
    "the lookup of [3,2,4] finds 2 tokens, the longest beginning that was computed has 1",
  ],
  [
    "domains share nothing",
    saltIgnored,
    sizes(8, 1),
    [allocate(0, 1), { kind: "lookup", tokens: [1, 2], salt: "1" }],
    "the lookup of [1,2] finds 1 tokens, its salt and adapter have 0",
  ],
  [
    "domains share nothing",
    adapterIgnored,
    sizes(8, 1),
    [allocate(0, 1), { kind: "lookup", tokens: [1, 2], adapterId: 1 }],
    "the lookup of [1,2] finds 1 tokens, its salt and adapter have 0",
  ],
  [
    "a lookup finds all that cannot have been evicted",
    firstPartialMatch,
    sizes(8, 4),
    [allocate(0, 1, 2, 3, 4), { kind: "issue" }, lookup(1, 2, 3, 5)],
    "the lookup of [1,2,3,5] finds 1 tokens, 3 are there",
  ],
  [
    "the last token is always computed",
    lastTokenCached,
    sizes(8, 1),
    [allocate(0, 1), lookup(1)],
    "all 1 tokens were taken from the cache, nothing is left to compute the next token's logits",
  ],
  [
    "the last token is always computed",
    partialOffByOne,
    sizes(8, 4),
    [allocate(0, 1, 2, 3, 4), { kind: "issue" }, allocate(1, 1, 2)],
    "all 2 tokens were taken from the cache, nothing is left to compute the next token's logits",
  ],
  [
    "allocate takes the whole blocks that a lookup finds, and no more than it finds",
    takesNothing,
    sizes(8, 1),
    [allocate(0, 1), allocate(1, 1, 2)],
    "the lookup finds 1 tokens, allocate takes 0",
  ],
  [
    "cached blocks are given up only for want of free ones",
    evictsWithBlocksFree,
    sizes(8, 1),
    [allocate(0, 1), { kind: "free", sequence: 0 }, allocate(1, 2)],
    "[1] is not found any more, although there are free blocks",
  ],
  [
    "every cached block can be found: children are given up before parents, a chain's tail before its head",
    parentEvictedFirst,
    sizes(3, 1),
    [allocate(0, 1, 2), { kind: "free", sequence: 0 }, allocate(1, 3, 4), { kind: "commit" }, { kind: "commit" }],
    "1 blocks are cached, 0 of those that nobody holds have contents that a lookup finds",
  ],
  [
    "every cached block can be found: children are given up before parents, a chain's tail before its head",
    headsFreedFirst,
    sizes(3, 1),
    [allocate(0, 1, 2), { kind: "free", sequence: 0 }, allocate(1, 3, 4), { kind: "commit" }, { kind: "commit" }],
    "1 blocks are cached, 0 of those that nobody holds have contents that a lookup finds",
  ],
];

describe("laws of the prefix cache", () => {
  test.each(CASES)("%s (case %#)", (...each) => expectBroken(prefixLaws, each));
});
