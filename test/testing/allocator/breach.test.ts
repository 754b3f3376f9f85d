import { describe, expect, test } from "vitest";
import { describeState, findBreach, NEVER_THROWS } from "../../../src/testing/allocator/breach.ts";
import { allocatorLaws, type Law, type Program } from "../../../src/testing/index.ts";
import { PagedAllocator } from "../../support/paged-allocator.ts";

const PROGRAM: Program = {
  sizes: { blockCount: 4, blockSize: 2, maxTokens: 8, windows: [null], hostBlockCount: 2 },
  commands: [
    { kind: "allocate", sequence: 0, tokens: [1, 2, 3], salt: "s" },
    { kind: "free", sequence: 9 },
    { kind: "allocate", sequence: 1, tokens: [4] },
    { kind: "swapOut", sequence: 1 },
  ],
};
const make = (sizes: Program["sizes"]) => new PagedAllocator(sizes);

/** Counts the moments that it sees. */
function counting(options: Partial<Law> = {}): { readonly law: Law; readonly seen: string[] } {
  const seen: string[] = [];
  const broken: Law["broken"] = ({ command, full }) => {
    seen.push(`${command.kind}${full ? "" : "?"}`);
    return null;
  };
  return { seen, law: { name: "counts", needs: [], broken, ...options } };
}

describe("findBreach", () => {
  test("checks laws after each command that makes sense, and to the end", () => {
    const { law, seen } = counting();
    expect(findBreach(make, PROGRAM, { laws: [law] })).toBeNull();
    expect(seen).toEqual(["allocate", "allocate", "swapOut", "issue", "commit", "commit", "free", "free"]);
  });

  test("every so often looks at everything; cheap laws see the rest too", () => {
    const [rare, always] = [counting(), counting({ always: true })];
    findBreach(make, PROGRAM, { laws: [rare.law, always.law], every: 3 });
    expect(rare.seen).toEqual(["allocate", "issue", "commit", "commit", "free", "free"]);
    expect(always.seen).toEqual(["allocate?", "allocate", "swapOut?", "issue", "commit", "commit", "free", "free"]);
  });

  test("leaves out laws that the allocator does not claim", () => {
    const { law, seen } = counting({ needs: ["hostTier"] });
    findBreach(make, PROGRAM, { laws: [law] });
    expect(seen).toEqual([]);
  });

  test("stops at the first law that is broken", () => {
    const law: Law = {
      name: "no swaps",
      needs: [],
      broken: ({ command }) => (command.kind === "swapOut" ? "swapped" : null),
    };
    expect(findBreach(make, PROGRAM, { laws: [law] })).toEqual({
      law: "no swaps",
      detail: "swapped",
      commandsBefore: 2,
      command: { kind: "swapOut", sequence: 1 },
    });
  });

  test("an allocator that throws, or cannot be made, breaks a law too", () => {
    const refuses = () => {
      throw new Error("not today");
    };
    expect(
      findBreach((sizes) => Object.assign(make(sizes), { swapOut: refuses }), PROGRAM, { laws: allocatorLaws }),
    ).toEqual({
      law: NEVER_THROWS,
      detail: "Error: not today",
      commandsBefore: 2,
      command: { kind: "swapOut", sequence: 1 },
    });
    expect(findBreach(refuses, PROGRAM, { laws: [] })).toEqual({
      law: NEVER_THROWS,
      detail: "Error: not today",
      commandsBefore: 0,
      command: null,
    });
  });
});

test("describeState shows what there is after so many commands", () => {
  expect(describeState(make, PROGRAM, 0)).toBe(
    [
      "4 free, 0 cached, 0 held of 4 blocks of 2 tokens",
      "host memory: 2 free, 0 cached, 0 held of 2",
      "steps: 0 rows under construction, 0 steps on their way",
    ].join("\n"),
  );
  expect(describeState(make, PROGRAM, 3)).toBe(
    [
      "2 free, 0 cached, 2 held of 4 blocks of 2 tokens",
      "host memory: 1 free, 0 cached, 1 held of 2",
      'sequence 0 (salt "s", adapter 0): tokens [1,2,3], blocks [0,1]',
      'sequence 1 (salt "", adapter 0): tokens [4], blocks in host memory',
      "steps: 0 rows under construction, 1 steps on their way",
    ].join("\n"),
  );
});
