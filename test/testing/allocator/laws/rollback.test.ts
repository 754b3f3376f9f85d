import { describe, expect, test } from "vitest";
import { findBreach } from "../../../../src/testing/allocator/breach.ts";
import { rollbackLaws } from "../../../../src/testing/allocator/laws/rollback.ts";
import type { AllocatorSizes, Command } from "../../../../src/testing/index.ts";
import type { Mutant } from "../../../support/mutants/mutant.ts";
import { rolledBackBlockFound } from "../../../support/mutants/rolled-back-block-found.ts";
import { PagedAllocator, type Sequence } from "../../../support/paged-allocator.ts";

const SIZES: AllocatorSizes = { blockCount: 4, blockSize: 2, maxTokens: 16, windows: [null], hostBlockCount: 0 };
const keepsTables: Mutant = {
  bug: "tables stay as long as the failed step made them",
  make: (sizes) =>
    Object.assign(new PagedAllocator(sizes), {
      truncate: (sequence: Sequence, count: number) => void (sequence.tokens.length = count),
    }),
};

const CASES: readonly (readonly [law: string, mutant: Mutant, commands: readonly Command[], detail: string])[] = [
  [
    "no lookup finds what a failed step was to compute",
    rolledBackBlockFound,
    [{ kind: "allocate", sequence: 0, tokens: [1, 2] }, { kind: "rollback" }],
    "[1,2] is still found, the step that was to compute it failed",
  ],
  [
    "a failed step's blocks come back",
    keepsTables,
    [
      { kind: "allocate", sequence: 0, tokens: [1, 2] },
      { kind: "issue" },
      { kind: "append", sequence: 0, tokens: [3] },
      { kind: "rollback" },
    ],
    "sequence 0 is back at 2 tokens, its table is [0,1]",
  ],
];

describe("laws of rollback", () => {
  test.each(CASES)("%s (case %#)", (name, { make }, commands, detail) => {
    const laws = [rollbackLaws.find((law) => law.name === name)!];
    expect(findBreach(make, { sizes: SIZES, commands }, { laws })?.detail).toBe(detail);
    expect(findBreach((each) => new PagedAllocator(each), { sizes: SIZES, commands }, { laws })).toBeNull();
  });

  test("an earlier step on its way keeps what it computes", () => {
    const commands: Command[] = [
      { kind: "allocate", sequence: 0, tokens: [1, 2] },
      { kind: "issue" },
      { kind: "allocate", sequence: 1, tokens: [1, 2, 3] },
      { kind: "rollback" },
      { kind: "lookup", tokens: [1, 2, 3] },
    ];
    expect(
      findBreach((each) => new PagedAllocator(each), { sizes: SIZES, commands }, { laws: rollbackLaws }),
    ).toBeNull();
  });
});
