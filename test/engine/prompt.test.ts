import { describe, expect, test } from "vitest";
import { priority } from "../../src/policies/eviction/priority.ts";
import { setUp } from "../support/engines.ts";

describe("the prefix cache", () => {
  test("cachedTokens says what a request would find, by salt and adapter", async () => {
    const { engine } = setUp();
    const promptTokenIds = Array.from({ length: 12 }, (_, i) => i);
    await engine.submit({ promptTokenIds, maxTokens: 1, cacheSalt: "a", adapterId: 3 }).completion();
    const cached = (query: object): number => engine.cachedTokens({ promptTokenIds, ...query });
    expect([cached({ cacheSalt: "a", adapterId: 3 }), cached({ cacheSalt: "a" }), cached({ cacheSalt: "b", adapterId: 3 }), cached({})]).toEqual([11, 0, 0, 0]);
    expect(engine.cachedTokens({ promptTokenIds: [...promptTokenIds.slice(0, 5), 99], cacheSalt: "a", adapterId: 3 })).toBe(5);
    await engine.submit({ id: "b", promptTokenIds, maxTokens: 1, cacheSalt: "a", adapterId: 3 }).completion();
    expect(engine.stats().cachedTokens).toBe(11);
    await engine.dispose();
  });

  test("a request with a retention hint leaves its blocks for longer, until its time is over", async () => {
    let now = 0;
    const { engine } = setUp({ blockCount: 6, clock: () => now, eviction: priority() });
    const use = (from: number, retention?: { priority: number; duration: number }) =>
      engine.submit({ promptTokenIds: Array.from({ length: 9 }, (_, i) => 100 * from + i), maxTokens: 1, retention }).completion();
    const kept = (): number => engine.cachedTokens({ promptTokenIds: Array.from({ length: 9 }, (_, i) => 100 + i) });
    await use(1, { priority: 80, duration: 10 });
    for (const from of [2, 3, 4, 5]) await use(from);
    expect(kept()).toBe(8);
    now = 11;
    for (const from of [6, 7, 8, 9]) await use(from);
    expect(kept()).toBe(0);
    await engine.dispose();
  });
});
