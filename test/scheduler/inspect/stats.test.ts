import { expect, test } from "vitest";
import { schedulerOf } from "../../support/scheduler-of.ts";

test("counters count from the start, gauges are read where they stand", () => {
  const { scheduler, submit } = schedulerOf({ maxRequests: 1 });
  for (const id of [0, 1, 2, 3]) submit(id);
  scheduler.rollback(scheduler.schedule(0)!, 0);
  scheduler.schedule(0);
  scheduler.pause(3, 0);
  scheduler.fail(2, new Error("x"), 0);
  expect(scheduler.stats()).toEqual({
    submitted: 4,
    steps: 2,
    rollbacks: 1,
    scheduledTokens: 12,
    cachedTokens: 0,
    lookedUpTokens: 12,
    preemptions: 0,
    draftedTokens: 0,
    acceptedTokens: 0,
    recomputedTokens: 0,
    finished: 0,
    aborted: 0,
    failed: 1,
    running: 1,
    waiting: 1,
    waitingTokens: 6,
    paused: 1,
    plansInFlight: 1,
    blockCount: 20,
    freeBlocks: 18,
    cachedBlocks: 0,
    prefixNodes: 1,
    maxPrefixNodes: 20,
    heldBlocks: 2,
    tokenBudget: 16,
    bookkeepingBytes: scheduler.kv.byteLength,
  });
});
