import { expect, test } from "vitest";
import { formatProgram, type Program } from "../../../src/testing/index.ts";
import { formatValue } from "../../../src/testing/allocator/program.ts";

const PROGRAM: Program = {
  sizes: { blockCount: 2, blockSize: 4, maxTokens: 8, windows: [null, 3], hostBlockCount: 0 },
  commands: [{ kind: "allocate", sequence: 0, tokens: [1, 2], salt: "a\n", adapterId: 3 }, { kind: "rollback" }],
};

test("a program prints as code, one command a line", () => {
  expect(formatProgram(PROGRAM)).toBe(`{
  sizes: { blockCount: 2, blockSize: 4, maxTokens: 8, windows: [null, 3], hostBlockCount: 0 },
  commands: [
    { kind: "allocate", sequence: 0, tokens: [1, 2], salt: "a\\n", adapterId: 3 },
    { kind: "rollback" },
  ],
}`);
});

test("what is printed is the program", () => {
  // oxlint-disable-next-line typescript/no-implied-eval -- the text is meant to be pasted into code
  expect(new Function(`return (${formatProgram(PROGRAM)})`)()).toEqual(PROGRAM);
});

test("fields that are not there are not printed", () => {
  expect(formatValue({ a: undefined, b: true, c: null })).toBe("{ b: true, c: null }");
});
