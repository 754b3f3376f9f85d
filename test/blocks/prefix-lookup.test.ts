import { expect, test } from "vitest";
import { cachedTokensOf } from "../../src/blocks/prefix-lookup.ts";
import { Scheduler } from "../../src/scheduler/scheduler.ts";

test("finds what is cached in a domain, all but the last token, and leaves no domain behind", () => {
  const scheduler = new Scheduler({ blockCount: 8, blockSize: 4 });
  const promptTokenIds = [1, 2, 3, 4, 5, 6, 7, 8];
  scheduler.submit({ id: 0, promptTokenIds, maxTokens: 1, cacheSalt: "a", adapterId: 2 }, 0);
  scheduler.commit(scheduler.schedule(0)!, { tokenIds: new Int32Array(1) }, 0);
  const { kv } = scheduler;
  const cached = (tokens: readonly number[], salt: string, adapterId: number): number => cachedTokensOf(kv, { tokens: Int32Array.from(tokens), salt, adapterId });
  expect([cached(promptTokenIds, "a", 2), cached([...promptTokenIds, 9], "a", 2), cached([1, 2, 3, 4, 99, 98], "a", 2)]).toEqual([7, 8, 4]);
  expect([cached(promptTokenIds, "a", 0), cached(promptTokenIds, "b", 2), cached([1], "a", 2)]).toEqual([0, 0, 0]);
  expect(kv.prefixes.domains.size).toBe(1);
});

test("a snapshot replays to what is cached; without a listener there is none", () => {
  const types: string[] = [];
  const told = new Scheduler({ blockCount: 8, blockSize: 4, onKvEvent: ({ type }) => types.push(type) });
  told.submit({ id: 0, promptTokenIds: [1, 2, 3, 4, 5], maxTokens: 1 }, 0);
  expect(told.kv.snapshot()).toEqual([]);
  told.commit(told.schedule(0)!, { tokenIds: new Int32Array(1) }, 0);
  expect(told.kv.snapshot()).toMatchObject([{ type: "stored", tokenIds: Int32Array.of(1, 2, 3, 4), parent: null }]);
  expect(new Scheduler({ blockCount: 8 }).kv.snapshot()).toBeUndefined();
});
