import fc from "fast-check";
import { expect, test } from "vitest";
import type { Breach } from "../../../src/testing/index.ts";
import { searchBreach } from "../../../src/testing/allocator/search.ts";

const BREACH: Breach = { law: "short", detail: "too long", commandsBefore: 0, command: null };
const OPTIONS = { capabilities: {}, runs: 50, seed: 2 };

test("finds a program with a breach, as small as can be, and counts", () => {
  const found = searchBreach(fc, ({ commands }) => (commands.length > 3 ? BREACH : null), OPTIONS)!;
  expect(found.program.commands).toHaveLength(4);
  expect(found.breach).toBe(BREACH);
  expect(found.shrinks).toBeGreaterThan(0);
  expect(found.runs).toBeLessThanOrEqual(50);
});

test("leaves the program as it was found where that is wanted", () => {
  const found = searchBreach(fc, ({ commands }) => (commands.length > 3 ? BREACH : null), {
    ...OPTIONS,
    shrink: false,
  })!;
  expect(found.shrinks).toBe(0);
});

test("finds nothing where there is nothing", () => {
  expect(searchBreach(fc, () => null, OPTIONS)).toBeNull();
});

test("a breach that does not come again is one of its own", () => {
  let calls = 0;
  const found = searchBreach(fc, () => (calls++ === 0 ? BREACH : null), { ...OPTIONS, shrink: false })!;
  expect(found.breach.law).toBe("the same program does the same");
});
