import { describe, expect, test } from "vitest";
import { InvalidOptionError } from "../../src/errors.ts";
import { fixed } from "../../src/policies/budget/fixed.ts";
import { resolveOptions, type SchedulerOptions } from "../../src/scheduler/options.ts";

describe("resolveOptions", () => {
  test("fills in defaults", () => {
    const options = resolveOptions({ blockCount: 10 });
    expect(options).toMatchObject({
      blockSize: 16,
      maxRequests: 256,
      contextLength: 161,
      maxWaitingRequests: 4096,
      maxWaitingTokens: 2 ** 24,
      maxFailures: 3,
      hostBlockCount: 0,
      groups: [{ window: null }],
    });
    expect(options).toMatchObject({
      longPrefillThreshold: Infinity,
      maxPartialPrefills: Infinity,
      maxLongPartialPrefills: Infinity,
      maxAdapters: Infinity,
    });
    expect(
      [options.queue, options.admission, options.preemption, options.chunking, options.budget, options.eviction].map(
        ({ name }) => name,
      ),
    ).toEqual(["fcfs", "watermark", "last-in", "fcfs", "fixed", "lru"]);
    expect(options.budget.tokens()).toBe(512);
  });

  test("keeps what is given; a budget policy stands above the number", () => {
    expect(resolveOptions({ blockCount: 10, tokenBudget: 9 }).budget.maxTokens).toBe(9);
    expect(resolveOptions({ blockCount: 10, tokenBudget: 9, budget: fixed(4) }).budget.maxTokens).toBe(4);
    expect(resolveOptions({ blockCount: 10, blockSize: 4, contextLength: 7, maxRequests: 1 })).toMatchObject({
      blockSize: 4,
      contextLength: 7,
      maxRequests: 1,
    });
  });

  test("gives each scheduler policies of its own: they keep state", () => {
    expect(resolveOptions({ blockCount: 1 }).queue).not.toBe(resolveOptions({ blockCount: 1 }).queue);
    expect(resolveOptions({ blockCount: 1 }).eviction).not.toBe(resolveOptions({ blockCount: 1 }).eviction);
  });

  const names = [
    "maxRequests",
    "contextLength",
    "maxWaitingRequests",
    "maxWaitingTokens",
    "longPrefillThreshold",
    "maxPartialPrefills",
    "maxLongPartialPrefills",
    "maxAdapters",
    "maxFailures",
  ] as const satisfies (keyof SchedulerOptions)[];
  test.each(names.flatMap((name) => [0, -1, 1.5, Number.NaN].map((value) => [name, value] as const)))(
    "refuses %s of %s",
    (name, value) => {
      expect(() => resolveOptions({ blockCount: 1, [name]: value })).toThrow(
        new InvalidOptionError(`${name} must be an integer >= 1, got ${value}`),
      );
    },
  );

  test("refuses a token budget of nothing", () => {
    expect(() => resolveOptions({ blockCount: 1, tokenBudget: 0 })).toThrow(
      new InvalidOptionError("tokenBudget must be an integer >= 1, got 0"),
    );
  });
});
