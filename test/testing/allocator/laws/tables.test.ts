import { describe, expect, test } from "vitest";
import { findBreach } from "../../../../src/testing/allocator/breach.ts";
import { tableLaws } from "../../../../src/testing/allocator/laws/tables.ts";
import { PagedAllocator } from "../../../support/paged-allocator.ts";
import type { AllocatorSizes, Command } from "../../../../src/testing/index.ts";
import { expectBroken, type LawCase } from "../../../support/law-cases.ts";
import type { Mutant } from "../../../support/mutants/mutant.ts";
import { adapterTakenForSalt } from "../../../support/mutants/adapter-taken-for-salt.ts";
import { staleTable } from "../../../support/mutants/stale-table.ts";
import { tooFewAfterHit } from "../../../support/mutants/too-few-after-hit.ts";
import { tooManyAtBoundary } from "../../../support/mutants/too-many-at-boundary.ts";
import { windowSlidesAtIssue } from "../../../support/mutants/window-slides-at-issue.ts";

function sizes(blockSize: number, windows: AllocatorSizes["windows"] = [null]): AllocatorSizes {
  return { blockCount: 6, blockSize, maxTokens: 16, windows, hostBlockCount: 0 };
}

const neverSlides: Mutant = {
  bug: "windows keep everything",
  make: (of) => Object.assign(new PagedAllocator(of), { slide: () => undefined }),
};
const sharesEverything: Mutant = {
  bug: "all tables are the same",
  make: (of) => Object.assign(new PagedAllocator(of), { table: () => [0, 0, 0, 0] }),
};

const CASES: readonly LawCase[] = [
  [
    "a table has a block for every token in sight",
    tooFewAfterHit,
    sizes(4),
    [
      { kind: "allocate", sequence: 0, tokens: [1, 2, 3, 4] },
      { kind: "issue" },
      { kind: "allocate", sequence: 1, tokens: [1, 2, 3, 5, 6] },
    ],
    "sequence 1 has 5 tokens and no block 1 in group 0: [1]",
  ],
  [
    "a table has a block for every token in sight",
    windowSlidesAtIssue,
    sizes(1, [2]),
    [
      { kind: "allocate", sequence: 0, tokens: [1, 2] },
      { kind: "commit" },
      { kind: "append", sequence: 0, tokens: [3, 4] },
      { kind: "rollback" },
    ],
    "sequence 0 has 2 tokens and no block 1 in group 0: [-1,-1]",
  ],
  [
    "a table holds no block ahead of need",
    tooManyAtBoundary,
    sizes(2),
    [{ kind: "allocate", sequence: 0, tokens: [1, 2] }],
    "sequence 0 has 2 tokens in blocks of 2 and 2 blocks: [0,1]",
  ],
  [
    "a block has two owners only where both begin alike up to its end",
    adapterTakenForSalt,
    sizes(1),
    [
      { kind: "allocate", sequence: 0, tokens: [1], adapterId: 11 },
      { kind: "allocate", sequence: 1, tokens: [1, 2], salt: "1", adapterId: 1 },
    ],
    "block 0 is number 0 of sequence 0 and number 0 of sequence 1, which begin differently",
  ],
  [
    "a block has two owners only where both begin alike up to its end",
    sharesEverything,
    sizes(1),
    [{ kind: "allocate", sequence: 0, tokens: [1, 2] }],
    "block 0 is number 0 of sequence 0 and number 1 of sequence 0, which begin differently",
  ],
  [
    "a block has two owners only where both begin alike up to its end",
    staleTable,
    { ...sizes(2), blockCount: 2 },
    [
      { kind: "allocate", sequence: 0, tokens: [1] },
      { kind: "free", sequence: 0 },
      { kind: "allocate", sequence: 0, tokens: [2] },
      { kind: "allocate", sequence: 1, tokens: [3] },
    ],
    "block 0 is number 0 of sequence 0 and number 0 of sequence 1, which begin differently",
  ],
  [
    "blocks that left a window are given back",
    neverSlides,
    sizes(1, [2]),
    [{ kind: "allocate", sequence: 0, tokens: [1, 2, 3, 4] }, { kind: "commit" }],
    "sequence 0 holds 4 blocks of a window of 2 tokens, 3 are enough",
  ],
];

describe("laws of tables", () => {
  test.each(CASES)("%s (case %#)", (...each) => expectBroken(tableLaws, each));

  test("a forked sibling that wrote on shares what comes before", () => {
    const commands: Command[] = [
      { kind: "allocate", sequence: 0, tokens: [1, 2, 3] },
      { kind: "fork", sequence: 0, child: 1 },
      { kind: "append", sequence: 1, tokens: [4] },
    ];
    expect(
      findBreach((each) => new PagedAllocator(each), { sizes: sizes(2), commands }, { laws: tableLaws }),
    ).toBeNull();
  });
});
