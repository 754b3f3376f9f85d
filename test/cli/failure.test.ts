import { expect, test } from "vitest";
import { describeFailure, exitCodeOf, oneLine, OutputClosedError, UsageError } from "../../src/cli/failure.ts";
import { InvalidModelError, InvalidOptionError } from "../../src/errors.ts";

test.each([
  [new UsageError("x"), 2],
  [new InvalidOptionError("x"), 2],
  [new InvalidModelError("x"), 1],
  [new Error("x"), 1],
  ["x", 1],
  [new OutputClosedError(), 0],
])("%s ends with exit code %i", (error, code) => expect(exitCodeOf(error)).toBe(code));

test("an expected error is its message, an unexpected one says how to see more", () => {
  expect(describeFailure(new UsageError("no such thing"), {})).toBe("bstar: no such thing\n");
  expect(describeFailure(new Error("oops"), {})).toBe("bstar: oops (unexpected: BSTAR_DEBUG=1 shows where)\n");
  expect(describeFailure("text", {})).toBe("bstar: text (unexpected: BSTAR_DEBUG=1 shows where)\n");
});

test("BSTAR_DEBUG shows the stack", () => {
  const text = describeFailure(new UsageError("no such thing"), { BSTAR_DEBUG: "1" });
  expect(text).toContain("no such thing\n    at ");
});

test("a message of several lines becomes one", () => {
  expect(oneLine("one\n  two \n\nthree\n")).toBe("one two three");
  expect(describeFailure(new UsageError("a\nb"), {})).toBe("bstar: a b\n");
});
