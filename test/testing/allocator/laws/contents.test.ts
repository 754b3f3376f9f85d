import { describe, test } from "vitest";
import { contentLaws } from "../../../../src/testing/allocator/laws/contents.ts";
import type { AllocatorSizes, Command } from "../../../../src/testing/index.ts";
import { expectBroken, type LawCase } from "../../../support/law-cases.ts";
import { copiesWhatIsComputed } from "../../../support/mutants/copies-what-is-computed.ts";
import { copyKeptOnRollback } from "../../../support/mutants/copy-kept-on-rollback.ts";
import { copySourceLetGo } from "../../../support/mutants/copy-source-let-go.ts";
import { parentIgnored } from "../../../support/mutants/parent-ignored.ts";
import { sharedWrite } from "../../../support/mutants/shared-write.ts";
import { swapWithoutCopy } from "../../../support/mutants/swap-without-copy.ts";

function sizes(blockCount: number, blockSize: number): AllocatorSizes {
  return { blockCount, blockSize, maxTokens: 16, windows: [null], hostBlockCount: 2 };
}
const allocate = (sequence: number, ...tokens: number[]): Command => ({ kind: "allocate", sequence, tokens });

const CASES: readonly LawCase[] = [
  [
    "a shared block is copied before it is written",
    sharedWrite,
    sizes(4, 2),
    [allocate(0, 1), { kind: "fork", sequence: 0, child: 1 }, { kind: "append", sequence: 1, tokens: [2] }],
    "sequence 1 writes position 1 to block 0, which sequence 0 holds too",
  ],
  [
    "the moves of a step can be made in any order",
    copySourceLetGo,
    sizes(1, 2),
    [allocate(0, 1, 2), { kind: "free", sequence: 0 }, allocate(1, 1, 3)],
    "block 0 is source and target of one step's copies",
  ],
  [
    "a step computes every token from its own beginning",
    copiesWhatIsComputed,
    sizes(4, 2),
    [allocate(0, 1, 2), allocate(1, 1, 3)],
    "while sequence 1 computes positions 1 to 1: position 0 is in block 1 of group 0, which holds nothing that was computed",
  ],
  [
    "a step computes every token from its own beginning",
    parentIgnored,
    sizes(8, 1),
    [allocate(0, 1, 2), allocate(1, 3), allocate(2, 3, 2, 4)],
    "while sequence 2 computes positions 2 to 2: position 1 is in block 1 of group 0, which holds the keys and values of another beginning",
  ],
  [
    "every slot in sight holds its token",
    copyKeptOnRollback,
    sizes(4, 2),
    [
      allocate(0, 1),
      { kind: "fork", sequence: 0, child: 1 },
      { kind: "append", sequence: 1, tokens: [2] },
      { kind: "rollback" },
    ],
    "sequence 1: position 0 is in block 1 of group 0, which holds nothing that was computed",
  ],
  [
    "every slot in sight holds its token",
    swapWithoutCopy,
    sizes(4, 2),
    [allocate(0, 1), { kind: "swapOut", sequence: 0 }, { kind: "swapIn", sequence: 0 }, { kind: "issue" }],
    "sequence 0: position 0 is in block 1 of group 0, which holds nothing that was computed",
  ],
];

describe("laws of contents", () => {
  test.each(CASES)("%s (case %#)", (...each) => expectBroken(contentLaws, each));
});
