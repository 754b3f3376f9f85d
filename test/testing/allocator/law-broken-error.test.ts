import { expect, test } from "vitest";
import { LawBrokenError, type Program } from "../../../src/testing/index.ts";
import { PagedAllocator } from "../../support/paged-allocator.ts";

const PROGRAM: Program = {
  sizes: { blockCount: 4, blockSize: 2, maxTokens: 8, windows: [null], hostBlockCount: 0 },
  commands: [{ kind: "allocate", sequence: 0, tokens: [1, 2, 3] }],
};

test("says the law, the command, the state before it and the program", () => {
  const breach = {
    law: "nobody is late",
    detail: "sequence 0 is",
    commandsBefore: 1,
    command: { kind: "issue" as const },
  };
  const error = new LawBrokenError(breach, {
    makeAllocator: (sizes) => new PagedAllocator(sizes),
    program: PROGRAM,
    found: "seed 3",
  });
  expect(error.message).toBe(`broken: nobody is late
  sequence 0 is
  by: { kind: "issue" }
  found: seed 3

before it:
  2 free, 0 cached, 2 held of 4 blocks of 2 tokens
  sequence 0 (salt "", adapter 0): tokens [1,2,3], blocks [0,1]
  steps: 1 rows under construction, 0 steps on their way

to see it again:
  checkProgram(makeAllocator, {
    sizes: { blockCount: 4, blockSize: 2, maxTokens: 8, windows: [null], hostBlockCount: 0 },
    commands: [
      { kind: "allocate", sequence: 0, tokens: [1, 2, 3] },
    ],
  });`);
  expect([error.name, error.law, error.program]).toEqual(["LawBrokenError", "nobody is late", PROGRAM]);
});

test("an allocator that cannot even be asked does not hide the breach", () => {
  const breach = { law: "a", detail: "b", commandsBefore: 0, command: null };
  const makeAllocator = () => {
    throw new Error("no memory");
  };
  const { message } = new LawBrokenError(breach, { makeAllocator, program: PROGRAM, found: "c" });
  expect(message).toContain("by: the program as a whole");
  expect(message).toContain("before it:\n  it cannot be asked: Error: no memory");
});
