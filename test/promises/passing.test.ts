/** Requests that lack an adapter's place, or a long prompt's, let others pass, and have a turn themselves. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { MAX_ADAPTER_WAIT } from "../../src/config.ts";
import { Scheduler } from "../../src/scheduler/scheduler.ts";
import type { SchedulerOptions } from "../../src/scheduler/options.ts";

const ids = (length: number, from = 0) => Array.from({ length }, (_, i) => 10_000 * from + i);

function make(options: Partial<SchedulerOptions> = {}) {
  const scheduler = new Scheduler({ blockCount: 2000, blockSize: 4, tokenBudget: 64, maxRequests: 8, ...options });
  const step = (): void => {
    const plan = scheduler.schedule(0);
    if (plan !== null) scheduler.commit(plan, { tokenIds: new Int32Array(plan.sampleCount).fill(9) }, 0);
    scheduler.checkInvariants();
  };
  return { scheduler, step };
}

/** Steps until a request of another adapter is admitted beside streams of adapters that never pause. */
function stepsBehindStream(maxAdapters: number, maxRequests: number, answer: number): number {
  const { scheduler, step } = make({ maxAdapters, maxRequests });
  let id = 0;
  const feed = (): void => {
    for (let adapterId = 1; adapterId <= maxAdapters; adapterId++) {
      scheduler.submit({ id: id++, promptTokenIds: ids(3, id), maxTokens: answer, adapterId }, 0);
    }
  };
  feed();
  step();
  const other = scheduler.submit(
    { id: "other", promptTokenIds: ids(3, 9999), maxTokens: 2, adapterId: maxAdapters + 1 },
    0,
  );
  let steps = 0;
  for (; other.state === "waiting" && steps < 3000; steps++) {
    feed();
    step();
    expect(["adapters", undefined]).toContain(scheduler.explain("other")?.waitsFor?.reason);
  }
  return steps;
}

test("an adapter's wait is bounded behind any stream of others", () => {
  expect(stepsBehindStream(1, 2, 4)).toBeLessThan(MAX_ADAPTER_WAIT + 10);
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 3 }),
      fc.integer({ min: 3, max: 6 }),
      fc.integer({ min: 2, max: 12 }),
      (maxAdapters, maxRequests, answer) => {
        expect(stepsBehindStream(maxAdapters, maxRequests, answer)).toBeLessThan(MAX_ADAPTER_WAIT + 4 * answer + 10);
      },
    ),
    { numRuns: 12 },
  );
});

test("explain says adapters whenever one has no place, even while all slots are taken", () => {
  const { scheduler, step } = make({ maxAdapters: 1, maxRequests: 1 });
  scheduler.submit({ id: 0, promptTokenIds: ids(3), maxTokens: 30, adapterId: 1 }, 0);
  step();
  scheduler.submit({ id: 1, promptTokenIds: ids(3, 1), maxTokens: 2, adapterId: 2 }, 0);
  for (let i = 0; i < 20; i++) {
    step();
    expect(scheduler.explain(1)?.waitsFor).toEqual({ reason: "adapters", limit: 1 });
  }
});

test.each([10, 65, 300])(
  "%i requests that wait for an adapter's place hide no request of the base model",
  (waiting) => {
    const { scheduler, step } = make({ maxAdapters: 1 });
    scheduler.submit({ id: "runs", promptTokenIds: ids(3), maxTokens: 50, adapterId: 1 }, 0);
    step();
    for (let id = 0; id < waiting; id++) {
      scheduler.submit({ id, promptTokenIds: ids(3, id), maxTokens: 2, adapterId: 2 }, 0);
    }
    const base = scheduler.submit({ id: "base", promptTokenIds: ids(3, 5000), maxTokens: 2 }, 0);
    step();
    expect([base.outputTokenCount, scheduler.stats().waiting]).toEqual([1, waiting]);
    scheduler.abort(7, 0);
    expect(scheduler.stats().waiting).toBe(waiting - 1);
    for (let i = 0; i < 600 && scheduler.size > 0; i++) step();
    expect(scheduler.size).toBe(0);
  },
);

test.each([1, 100])(
  "with one long prompt under way and %i waiting, a short one uses the idle half of the budget",
  (long) => {
    const { scheduler, step } = make({
      tokenBudget: 40,
      longPrefillThreshold: 20,
      maxLongPartialPrefills: 1,
      blockCount: 6000,
      maxRequests: 200,
    });
    scheduler.submit({ id: "long", promptTokenIds: ids(200), maxTokens: 2 }, 0);
    for (let id = 0; id < long; id++) scheduler.submit({ id, promptTokenIds: ids(200, id + 1), maxTokens: 2 }, 0);
    const short = scheduler.submit({ id: "short", promptTokenIds: ids(20, 5000), maxTokens: 2 }, 0);
    step();
    expect([short.outputTokenCount, scheduler.explain(0)?.waitsFor?.reason]).toEqual([1, "partial-prefills"]);
    for (let i = 0; i < 3000 && scheduler.size > 0; i++) step();
    expect(scheduler.size).toBe(0);
  },
);
