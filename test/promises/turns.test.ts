/** Where a step is smaller than the requests that decode, they take turns. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { Scheduler } from "../../src/scheduler/scheduler.ts";

/** Most steps in a row that a request goes without a token, once all decode and the budget has fallen. */
function longestWait(options: { requests: number; budget: number; planAhead: boolean; steps: number }): number {
  const { requests, budget, planAhead, steps } = options;
  let tokens = requests;
  const scheduler = new Scheduler({
    blockCount: 400,
    blockSize: 4,
    maxRequests: requests,
    budget: { name: "falling", maxTokens: requests, tokens: () => tokens },
  });
  const entries = Array.from({ length: requests }, (_, id) =>
    scheduler.submit({ id, promptTokenIds: [id], maxTokens: 1000 }, 0),
  );
  const commit = (plan: NonNullable<ReturnType<Scheduler["schedule"]>>): void =>
    void scheduler.commit(plan, { tokenIds: new Int32Array(plan.sampleCount).fill(3) }, 0);
  commit(scheduler.schedule(0)!);
  tokens = budget;
  const counts = entries.map(({ outputTokenCount }) => outputTokenCount);
  const waits = entries.map(() => 0);
  let longest = 0;
  let ahead = planAhead ? scheduler.schedule(0) : null;
  for (let step = 0; step < steps; step++) {
    const plan = scheduler.schedule(0);
    commit(ahead ?? plan!);
    if (ahead !== null) ahead = plan;
    for (const [i, entry] of entries.entries()) {
      waits[i] = entry.outputTokenCount > counts[i] ? 0 : waits[i] + 1;
      counts[i] = entry.outputTokenCount;
      longest = Math.max(longest, waits[i]);
    }
  }
  return longest;
}

test("a budget that falls from 8 to 3 tokens lets none of 8 wait longer than two steps", () => {
  expect(longestWait({ requests: 8, budget: 3, planAhead: false, steps: 60 })).toBe(2);
});

test("of any number of requests, none waits for more steps than serve the others once", () => {
  const cases = fc.record({
    requests: fc.integer({ min: 1, max: 12 }),
    budget: fc.integer({ min: 1, max: 12 }),
    planAhead: fc.boolean(),
  });
  fc.assert(
    fc.property(cases, ({ requests, budget, planAhead }) => {
      const most = Math.ceil(requests / Math.min(budget, requests));
      expect(longestWait({ requests, budget: Math.min(budget, requests), planAhead, steps: 40 })).toBeLessThanOrEqual(
        most,
      );
    }),
    { numRuns: 60 },
  );
});
