/** Requests with sliding windows are admitted by what they hold at a time. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { blocksHeld, contextThatFits, sequencesThatFit } from "../../src/blocks/accounting.ts";
import { Scheduler } from "../../src/scheduler/scheduler.ts";

const ids = (length: number, from = 0) => Array.from({ length }, (_, i) => 10_000 * from + i);

/**
 * Steps a scheduler with up to `ahead` plans in flight until all have ended, or for `steps`; returns most requests that
 * ran side by side.
 */
function run(scheduler: Scheduler, ahead: number, steps = 5000): number {
  const plans: NonNullable<ReturnType<Scheduler["schedule"]>>[] = [];
  const indices: number[] = [];
  let most = 0;
  for (let step = 0; step < steps && (scheduler.size > 0 || indices.length > 0); step++) {
    const plan = indices.length < ahead ? scheduler.schedule(0) : null;
    if (plan !== null) {
      plans.push(plan);
      indices.push(plan.index);
    }
    most = Math.max(most, scheduler.stats().running);
    if (plan !== null && indices.length < ahead) continue;
    indices.shift();
    const oldest = plans.shift()!;
    scheduler.commit(oldest, { tokenIds: new Int32Array(oldest.sampleCount).fill(9) }, 0);
  }
  return most;
}

describe("sliding windows", () => {
  test.each([1, 2])("a long prompt is admitted at once beside a short request, with %i plans in flight", (ahead) => {
    const scheduler = new Scheduler({
      blockCount: 40,
      blockSize: 4,
      tokenBudget: 16,
      groups: [{ window: 8 }],
      contextLength: 1024,
    });
    scheduler.submit({ id: "short", promptTokenIds: ids(8), maxTokens: 60 }, 0);
    const long = scheduler.submit({ id: "long", promptTokenIds: ids(200, 1), maxTokens: 4 }, 0);
    const states: string[] = [];
    const plan = scheduler.schedule(0)!;
    states.push(long.state);
    scheduler.commit(plan, { tokenIds: new Int32Array(plan.sampleCount) }, 0);
    expect(states).toEqual(["running"]);
    run(scheduler, ahead);
    expect([long.finishReason, scheduler.stats().preemptions]).toEqual(["length", 0]);
  });

  test.each([16, 64, 512].flatMap((tokenBudget) => [1, 2].map((ahead) => [tokenBudget, ahead])))(
    "as many run side by side as the pool holds, at a budget of %i with %i plans in flight",
    (tokenBudget, ahead) => {
      const groups = [{ window: null }, { window: 32 }];
      const scheduler = new Scheduler({ blockCount: 142, blockSize: 16, tokenBudget, groups });
      for (let id = 0; id < 2; id++) scheduler.submit({ id, promptTokenIds: ids(900, id), maxTokens: 60 }, 0);
      expect(sequencesThatFit({ blockCount: 142, blockSize: 16, tokenCount: 900, groups })).toBe(2);
      expect([run(scheduler, ahead), scheduler.stats().preemptions]).toEqual([2, 0]);
    },
  );

  test("the default context is what the pool holds, windows counted, and one token more", () => {
    const context = (groups: readonly { window: number | null }[], blockCount = 10) =>
      contextThatFits({ blockCount, blockSize: 4, groups, limit: 1000 });
    expect([
      context([{ window: null }]),
      context([{ window: null }, { window: null }]),
      context([{ window: 8 }]),
      context([{ window: null }, { window: 8 }]),
    ]).toEqual([41, 21, 1000, 29]);
    const scheduler = new Scheduler({ blockCount: 40, blockSize: 4, groups: [{ window: 8 }], tokenBudget: 16 });
    const request = scheduler.submit({ id: 0, promptTokenIds: ids(400), maxTokens: 100 }, 0);
    run(scheduler, 2);
    expect([request.finishReason, request.outputTokenCount]).toEqual(["length", 100]);
  });

  test("of any windows and prompts, as many are admitted as hold their blocks at a time with the steps in flight, and all end", () => {
    const cases = fc.record({
      windows: fc.array(fc.option(fc.integer({ min: 1, max: 40 })), { minLength: 1, maxLength: 3 }),
      blockSize: fc.constantFrom(1, 4, 16),
      prompt: fc.integer({ min: 1, max: 300 }),
      count: fc.integer({ min: 2, max: 5 }),
      tokenBudget: fc.integer({ min: 8, max: 200 }),
      ahead: fc.integer({ min: 1, max: 2 }),
    });
    fc.assert(
      fc.property(cases, ({ windows, blockSize, prompt, count, tokenBudget, ahead }) => {
        const groups = windows.map((window) => ({ window }));
        const answer = 9 + 2 * Math.ceil((count * prompt) / tokenBudget);
        const each = groups.reduce((sum, { window }) => sum + blocksHeld(prompt + answer, blockSize, window), 0);
        // What is cached of a block that fills beside its equal, and the watermark.
        const inFlight =
          groups.filter(({ window }) => window !== null).length *
          (2 * count + Math.ceil((2 * tokenBudget) / blockSize));
        const blockCount = Math.ceil((count * each + inFlight) / 0.99) + 1;
        const scheduler = new Scheduler({ blockCount, blockSize, tokenBudget, groups, contextLength: 4000 });
        const requests = Array.from({ length: count }, (_, id) =>
          scheduler.submit({ id, promptTokenIds: ids(prompt, id), maxTokens: answer }, 0),
        );
        const most = run(scheduler, ahead);
        expect(requests.every(({ finishReason }) => finishReason === "length")).toBe(true);
        expect(most).toBe(count);
        scheduler.checkInvariants();
      }),
      { numRuns: 60 },
    );
  });
});
