import { describe, expect, test } from "vitest";
import { Suspects } from "../../src/scheduler/suspects.ts";
import { entryOf } from "../support/scheduler-parts.ts";

describe("Suspects", () => {
  test("who failed too often in company is tried alone, in the order of it", () => {
    const suspects = new Suspects(2);
    const [a, b] = [entryOf(0), entryOf(1)];
    expect([suspects.blame(a, 2), suspects.blame(b, 2), suspects.next()]).toEqual([false, false, undefined]);
    expect([suspects.blame(a, 2), suspects.blame(b, 2), suspects.next()]).toEqual([false, false, a]);
    a.failureCount = 0;
    expect([suspects.next(), suspects.next()]).toEqual([b, b]);
  });

  test("a running one is tried before one that waits", () => {
    const suspects = new Suspects(1);
    const [a, b] = [entryOf(0), entryOf(1)];
    for (const entry of [a, b]) suspects.blame(entry, 2);
    b.become("running");
    expect(suspects.next()).toBe(b);
    b.failureCount = 0;
    expect(suspects.next()).toBe(a);
  });

  test("who fails alone, and has failed before, is the culprit", () => {
    const suspects = new Suspects(3);
    const entry = entryOf(0);
    expect([1, 1, 1].map((company) => suspects.blame(entry, company))).toEqual([false, false, true]);
    expect(suspects.next()).toBeUndefined();
  });

  test("who ended, is paused or succeeded since is no suspect", () => {
    const suspects = new Suspects(1);
    const entries = [0, 1, 2].map((order) => entryOf(order));
    for (const entry of entries) suspects.blame(entry, 3);
    entries[0].become("finished");
    entries[1].become("paused");
    entries[2].failureCount = 0;
    expect(suspects.next()).toBeUndefined();
  });

  test("is one suspect, however often it failed", () => {
    const suspects = new Suspects(1);
    const entry = entryOf(0);
    for (let i = 0; i < 5; i++) suspects.blame(entry, 2);
    entry.failureCount = 0;
    expect(suspects.next()).toBeUndefined();
    expect(suspects.blame(entry, 2)).toBe(false);
    expect(suspects.next()).toBe(entry);
  });
});
