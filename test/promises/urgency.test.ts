/**
 * Under `priority` an urgent request gets its tokens in the next steps, whatever runs; and two requests never take from
 * each other in turns.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { lastIn } from "../../src/policies/preemption/last-in.ts";
import { lowestPriority } from "../../src/policies/preemption/lowest-priority.ts";
import { fcfs } from "../../src/policies/queue/fcfs.ts";
import { priority } from "../../src/policies/queue/priority.ts";
import { Scheduler } from "../../src/scheduler/scheduler.ts";
import type { SchedulerOptions } from "../../src/scheduler/options.ts";

const ids = (length: number, from = 0) => Array.from({ length }, (_, i) => 10_000 * from + i);

function step(scheduler: Scheduler): void {
  const plan = scheduler.schedule(0);
  if (plan !== null) scheduler.commit(plan, { tokenIds: new Int32Array(plan.sampleCount).fill(9) }, 0);
  scheduler.checkInvariants();
}

/** Steps until an urgent request has its first token beside running ones of priority 5. */
function stepsToFirstToken(
  options: Partial<SchedulerOptions> & {
    others: number;
    otherPrompt?: number;
    prompt?: number;
    otherPriority?: number;
  },
): number {
  const { others, otherPrompt = 8, prompt = 8, otherPriority = 5, ...given } = options;
  const scheduler = new Scheduler({
    blockCount: 64,
    blockSize: 4,
    tokenBudget: 16,
    maxRequests: 8,
    contextLength: 250,
    queue: priority(),
    preemption: lowestPriority(),
    ...given,
  });
  const low = Array.from({ length: others }, (_, id) =>
    scheduler.submit({ id, promptTokenIds: ids(otherPrompt, id), maxTokens: 60, priority: otherPriority }, 0),
  );
  for (let i = 0; i < 3; i++) step(scheduler);
  const urgent = scheduler.submit({ id: "urgent", promptTokenIds: ids(prompt, 99), maxTokens: 5, priority: 0 }, 0);
  let steps = 0;
  while (urgent.outputTokenCount === 0 && steps < 300) {
    step(scheduler);
    steps++;
  }
  for (let i = 0; i < 5000 && scheduler.size > 0; i++) step(scheduler);
  expect([urgent.finishReason, ...low.map(({ finishReason }) => finishReason)]).toEqual(
    Array.from({ length: others + 1 }, () => "length"),
  );
  return steps;
}

describe("an urgent request", () => {
  test.each<[string, Parameters<typeof stepsToFirstToken>[0]]>([
    ["slots are full", { others: 2, maxRequests: 2 }],
    ["blocks are short", { others: 3, blockCount: 20, otherPrompt: 12, prompt: 40, tokenBudget: 64 }],
    ["the budget is full of decodes", { others: 4, tokenBudget: 4, prompt: 4 }],
    ["the budget is full of a long prompt", { others: 1, otherPrompt: 190 }],
    [
      "the queue alone is given, and its preemption policy follows",
      { others: 2, maxRequests: 2, preemption: undefined },
    ],
    [
      "victims are named by another order",
      { others: 2, maxRequests: 2, preemption: { ...lastIn(), rank: (request) => request.priority } },
    ],
  ])("has its first token in the next step where %s", (_name, options) => {
    expect(stepsToFirstToken(options)).toBe(1);
  });

  test.each([
    [{ otherPrompt: 93, prompt: 85, maxRequests: 2 }, 86],
    [{ otherPrompt: 93, prompt: 97, maxRequests: 5 }, 98],
  ])("takes the blocks that a running prompt has not taken yet: %o", (options, most) => {
    const tight = { others: 1, tokenBudget: 1, blockCount: 45, otherPriority: 1 };
    expect(stepsToFirstToken({ ...tight, ...options })).toBeLessThanOrEqual(most);
  });

  test("waits where the margin is not reached, or is infinite", () => {
    expect(stepsToFirstToken({ others: 2, maxRequests: 2, preemption: lowestPriority({ margin: 6 }) })).toBeGreaterThan(
      20,
    );
    expect(
      stepsToFirstToken({
        others: 2,
        maxRequests: 2,
        preemption: lowestPriority({ margin: Number.POSITIVE_INFINITY }),
      }),
    ).toBeGreaterThan(20);
    expect(stepsToFirstToken({ others: 2, maxRequests: 2, queue: fcfs(), preemption: undefined })).toBeGreaterThan(20);
    expect(() => lowestPriority({ margin: 0 })).toThrow("margin must be above 0, got 0");
  });

  test("gets an adapter's place of a less urgent one", () => {
    const scheduler = new Scheduler({ blockCount: 64, blockSize: 4, maxAdapters: 1, queue: priority() });
    scheduler.submit({ id: 0, promptTokenIds: ids(8), maxTokens: 60, priority: 5, adapterId: 1 }, 0);
    step(scheduler);
    const urgent = scheduler.submit({ id: 1, promptTokenIds: ids(8, 1), maxTokens: 5, adapterId: 2 }, 0);
    step(scheduler);
    expect(urgent.outputTokenCount).toBe(1);
  });

  test("in any scheduler comes first as if less urgent ones were not there, and none that runs takes a place back", () => {
    const cases = fc.record({
      others: fc.integer({ min: 1, max: 6 }),
      otherPrompt: fc.integer({ min: 1, max: 100 }),
      prompt: fc.integer({ min: 1, max: 100 }),
      tokenBudget: fc.integer({ min: 1, max: 40 }),
      maxRequests: fc.integer({ min: 1, max: 6 }),
      blockCount: fc.integer({ min: 45, max: 80 }),
      otherPriority: fc.integer({ min: 1, max: 3 }),
    });
    fc.assert(
      fc.property(cases, (drawn) => {
        expect(stepsToFirstToken(drawn)).toBeLessThanOrEqual(Math.ceil(drawn.prompt / drawn.tokenBudget) + 1);
      }),
      { numRuns: 80 },
    );
  });

  test("whatever priorities come in whatever order, all requests end and each gives way a bounded number of times", () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            priority: fc.integer({ min: -3, max: 3 }),
            prompt: fc.integer({ min: 1, max: 30 }),
            at: fc.integer({ min: 0, max: 60 }),
          }),
          { minLength: 1, maxLength: 10 },
        ),
        fc.integer({ min: 1, max: 3 }),
        (arrivals, maxRequests) => {
          const scheduler = new Scheduler({
            blockCount: 14,
            blockSize: 4,
            tokenBudget: 6,
            maxRequests,
            contextLength: 50,
            queue: priority(),
          });
          const requests = arrivals.map((_, id) => id);
          for (let time = 0; time < 3000 && (scheduler.size > 0 || time <= 60); time++) {
            for (const id of requests) {
              const { at, prompt, priority: urgency } = arrivals[id];
              const request = { id, promptTokenIds: ids(prompt, id), maxTokens: 8, priority: urgency };
              if (at === time) scheduler.submit(request, 0);
            }
            step(scheduler);
          }
          const { finished, preemptions } = scheduler.stats();
          expect(finished).toBe(arrivals.length);
          expect(preemptions).toBeLessThanOrEqual(arrivals.length * arrivals.length * 4);
        },
      ),
      { numRuns: 60 },
    );
  });
});
