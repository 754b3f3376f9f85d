import { writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { expect, test } from "vitest";
import { BstarError } from "../../../src/errors.ts";
import { writing } from "../../../src/cli/simulate/writing.ts";

test("what is written is passed on, a failure names the path and why", () => {
  expect(writing("here", () => 3)).toBe(3);
  const failing = () => writing(tmpdir(), () => writeFileSync(tmpdir(), "x"));
  expect(failing).toThrow(BstarError);
  expect(failing).toThrow(`cannot write to ${tmpdir()}: EISDIR`);
});
