import { describe, expect, test } from "vitest";
import { shortfall } from "../../src/scheduler/entry.ts";
import { entryOf } from "../support/scheduler-parts.ts";

describe("Entry", () => {
  test("begins with a gap of its whole prompt, and no place anywhere", () => {
    const entry = entryOf(0);
    expect([entry.gap, entry.slot, entry.row, entry.admittedBy, entry.lastToken, entry.wasStarted, entry.complete]).toEqual([6, -1, -1, -1, 5, false, false]);
  });

  test("takes tokens in; those on the device count for the gap, and for the end", () => {
    const entry = entryOf(0, { maxTokens: 2 });
    entry.tokens = new Int32Array(8);
    entry.computedTokenCount = 6;
    entry.pendingCount = 1;
    expect([entry.gap, entry.complete]).toEqual([1, false]);
    entry.append(42);
    expect([entry.tokenCount, entry.tokens[6], entry.lastToken, entry.gap, entry.complete, entry.wasStarted]).toEqual([7, 42, 42, 2, true, true]);
  });

  test("was started also where it was preempted before its first token", () => {
    const entry = entryOf(0);
    entry.preemptionCount = 1;
    expect(entry.wasStarted).toBe(true);
  });
});

test("shortfall is the number in a deferral", () => {
  expect(shortfall({ reason: "blocks", missingBlocks: 3 })).toBe(3);
  expect(shortfall({ reason: "budget", missingTokens: 4 })).toBe(4);
  expect(shortfall({ reason: "requests", limit: 5 })).toBe(5);
  expect(shortfall({ reason: "behind" })).toBe(0);
});
