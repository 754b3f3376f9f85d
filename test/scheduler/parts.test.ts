import { expect, test } from "vitest";
import { resolveOptions } from "../../src/scheduler/options.ts";
import { createParts } from "../../src/scheduler/parts.ts";

test("parts are made for the sizes asked", () => {
  const { kv, slots, plan, inFlight, counters } = createParts(
    resolveOptions({
      blockCount: 10,
      blockSize: 4,
      maxRequests: 3,
      tokenBudget: 8,
      groups: [{ window: null }, { window: 4 }],
    }),
  );
  expect([
    kv.pool.blockCount,
    kv.tables.groups.length,
    slots.known.length,
    slots.isFull,
    plan.columns.tokenIds.length,
    inFlight.nextIndex,
    counters.steps,
  ]).toEqual([10, 2, 3, false, 8, 0, 0]);
});
