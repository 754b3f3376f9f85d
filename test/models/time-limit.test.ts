import { expect, test, vi } from "vitest";
import { canEnd, withTimeLimit } from "../../src/models/time-limit.ts";

test("gives what the work gives, and throws what it throws", () => {
  expect(withTimeLimit(60_000, () => 7)).toEqual({ value: 7 });
  expect(() =>
    withTimeLimit(60_000, () => {
      throw new RangeError("mine");
    }),
  ).toThrow(new RangeError("mine"));
});

test("ends a loop, and a regular expression that backtracks", () => {
  expect(
    withTimeLimit(20, () => {
      for (;;);
    }),
  ).toBeUndefined();
  expect(withTimeLimit(20, () => /^(a+)+$/.test(`${"a".repeat(60)}b`))).toBeUndefined();
  expect(canEnd()).toBe(true);
});

test("without Node's vm the work runs to its end", async () => {
  vi.stubGlobal("process", undefined);
  vi.resetModules();
  const other = await import("../../src/models/time-limit.ts").finally(() => vi.unstubAllGlobals());
  vi.stubGlobal("process", undefined);
  expect(other.canEnd()).toBe(false);
  expect(other.withTimeLimit(0, () => 7)).toEqual({ value: 7 });
  vi.unstubAllGlobals();
});
