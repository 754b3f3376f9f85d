import { describe, expect, test } from "vitest";
import { fcfs } from "../../src/policies/queue/fcfs.ts";
import type { RequestView } from "../../src/request.ts";
import { ids, schedulerOf } from "../support/scheduler-of.ts";

describe("a decision that is applied", () => {
  test("reserves blocks, counts tokens as computed, and makes full blocks matchable", () => {
    const { scheduler, submit } = schedulerOf();
    const request = submit(0, { promptTokenIds: ids(20) });
    scheduler.schedule(0);
    expect(request).toMatchObject({
      state: "running",
      computedTokenCount: 16,
      inFlightCount: 16,
      pendingCount: 0,
      admittedBy: 0,
      slot: 0,
    });
    expect([scheduler.kv.pool.heldCount, scheduler.kv.prefixes.tree.size]).toEqual([4, 4]);
  });

  test("lets a newcomer match what the one before it computes in the same step", () => {
    const { scheduler, submit } = schedulerOf();
    submit(0, { promptTokenIds: ids(8) });
    const second = submit(1, { promptTokenIds: [...ids(8), 5] });
    scheduler.schedule(0);
    expect([second.cachedTokenCount, scheduler.kv.pool.heldCount]).toEqual([8, 3]);
  });

  test("copies a shared last block before it is written", () => {
    const { scheduler, submit, commit } = schedulerOf();
    submit("beam", { branches: true, maxTokens: 9 });
    commit(scheduler.schedule(0)!);
    scheduler.branch("beam", 0, { choice: 1, tokenId: 5 }, 0);
    const shared = scheduler.blockTables("beam", 1)![0].at(-1);
    const plan = scheduler.schedule(0)!;
    expect([plan.copyCount, plan.copies[0], plan.copies[2]]).toEqual([2, shared, shared]);
    const lasts = [0, 1].map((choice) => scheduler.blockTables("beam", choice)![0].at(-1));
    expect([new Set(lasts).size, lasts.includes(shared)]).toEqual([2, false]);
  });

  test("passes over a request that only lacks a place for its adapter, which keeps its place in the queue", () => {
    const { scheduler, submit, waitsFor } = schedulerOf({ maxAdapters: 1 });
    const requests = [1, 2, 0, 1].map((adapterId, id) => submit(id, { adapterId, promptTokenIds: ids(2, id) }));
    scheduler.schedule(0);
    expect([requests.map(({ state }) => state), waitsFor(1)]).toEqual([
      ["running", "waiting", "running", "running"],
      { reason: "adapters", limit: 1 },
    ]);
  });

  test("tells the queue policy of prompt tokens, and takes back those of a plan that failed", () => {
    const charged: unknown[] = [];
    const queue = Object.assign(fcfs(), {
      charge: (request: RequestView, prompt: number, output: number) => charged.push([request.id, prompt, output]),
    });
    const { scheduler, submit, commit } = schedulerOf({ queue, tokenBudget: 4 });
    submit(0);
    scheduler.rollback(scheduler.schedule(0)!, 0);
    commit(scheduler.schedule(0)!);
    commit(scheduler.schedule(0)!);
    expect(charged).toEqual([
      [0, 4, 0],
      [0, -4, 0],
      [0, 4, 0],
      [0, 2, 0],
      [0, 0, 1],
    ]);
  });

  test("counts tokens that are computed again", () => {
    const { scheduler, submit, step } = schedulerOf();
    submit(0, { promptTokenIds: ids(30), skipPrefixCache: true });
    step();
    scheduler.pause(0, 0);
    scheduler.resume(0, 0);
    expect([scheduler.stats().recomputedTokens, step(), scheduler.stats().recomputedTokens]).toEqual([0, [16], 16]);
    step();
    expect(scheduler.stats().recomputedTokens).toBe(16);
  });
});
