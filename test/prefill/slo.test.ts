import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { InvalidOptionError } from "../../src/errors.ts";
import { slo } from "../../src/prefill/slo.ts";
import type { RequestView } from "../../src/request.ts";
import { PolicyRun } from "../support/policy-run.ts";

const request = {} as RequestView;

/** The knee at 50 tokens. */
const stepTime = (tokens: number): number => Math.hypot(10, 0.2 * tokens);

function chunk(target: number, gap: number, { budget = 512, decodeCount = 0, prefillTokens = 0 }): number {
  const remaining = budget - decodeCount - prefillTokens;
  return slo({ target, stepTime }).chunk(request, gap, {
    remaining,
    budget,
    decodeCount,
    prefillsLeft: 1,
    gapLeft: gap,
    blockSize: 16,
  });
}

describe("slo", () => {
  test("with nobody to disturb, all that is left", () => expect(chunk(1, 1000, { decodeCount: 0 })).toBe(512));

  test("the largest chunk that ends within the target, or the whole gap", () => {
    // sqrt(100 + 0.04 n^2) <= 20 up to n = 86.
    expect(chunk(20, 1000, { decodeCount: 10 })).toBe(76);
    expect(chunk(20, 1000, { decodeCount: 10, prefillTokens: 70 })).toBe(6);
    expect(chunk(20, 50, { decodeCount: 10 })).toBe(50);
  });

  test("where not even one token fits, the first prompt of the step gets a block, the others nothing", () => {
    expect(chunk(5, 1000, { decodeCount: 10 })).toBe(16);
    expect(chunk(5, 7, { decodeCount: 10 })).toBe(7);
    expect(chunk(5, 1000, { decodeCount: 10, prefillTokens: 16 })).toBe(0);
  });

  test("while a block's tokens fit the target, no chunk is predicted beyond it, and none is a token too small", () => {
    const natural = fc.integer({ min: 1, max: 300 });
    fc.assert(
      fc.property(
        fc.double({ min: 5, max: 80, noNaN: true }),
        natural,
        natural,
        natural,
        (target, gap, decodeCount, budget) => {
          fc.pre(budget > decodeCount);
          const given = chunk(target, gap, { budget, decodeCount });
          if (stepTime(decodeCount + 16) > target) return;
          expect(stepTime(decodeCount + given)).toBeLessThanOrEqual(target);
          if (given < Math.min(gap, budget - decodeCount)) {
            expect(stepTime(decodeCount + given + 1)).toBeGreaterThan(target);
          }
        },
      ),
    );
  });

  test("in the scheduler, steps with decodes keep the target while prompts come, which fcfs chunks break", () => {
    const longest = (chunking?: ReturnType<typeof slo>): number => {
      const run = new PolicyRun({ blockCount: 200, tokenBudget: 256, chunking });
      let [most, before] = [0, 0];
      for (let i = 0; i < 4; i++) run.submit({ promptTokenIds: [i], maxTokens: 40 });
      run.step();
      for (let own = 10; own < 15; own++) run.submit({ promptTokenIds: new Int32Array(200).fill(own), maxTokens: 4 });
      for (let i = 0; i < 30; i++) {
        before = run.scheduler.stats().scheduledTokens;
        run.step();
        most = Math.max(most, stepTime(run.scheduler.stats().scheduledTokens - before));
      }
      return most;
    };
    expect(longest(slo({ target: 20, stepTime }))).toBeLessThanOrEqual(20);
    expect(longest()).toBeGreaterThan(40);
  });

  test.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])("refuses a target of %s", (target) => {
    expect(() => slo({ target, stepTime })).toThrow(
      new InvalidOptionError(`target must be a finite number above 0, got ${target}`),
    );
  });
});
