import { expect, test } from "vitest";
import { schedulerStats } from "../../src/scheduler/stats.ts";
import { schedulerParts } from "../support/scheduler-parts.ts";

test("counters are passed on, gauges are read where they stand", () => {
  const parts = schedulerParts({ maxRequests: 1 });
  const entries = [0, 1, 2, 3].map((order) => parts.add(order));
  parts.step();
  parts.roster.pause(entries[3], 0);
  parts.roster.end(entries[2], "error", new Error("x"), 0);
  parts.residents.recomputedTokens = 8;
  const counters = { submitted: 4, steps: 1, rollbacks: 2, preemptions: 3, scheduledTokens: 6, cachedTokens: 7, lookedUpTokens: 40 };
  expect(schedulerStats({ counters, roster: parts.roster, kv: parts.kv, plansInFlight: 1, tokenBudget: 16 })).toEqual({
    ...counters,
    draftedTokens: 0,
    acceptedTokens: 0,
    recomputedTokens: 8,
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
    heldBlocks: 2,
    tokenBudget: 16,
    bookkeepingBytes: parts.kv.byteLength,
  });
});
