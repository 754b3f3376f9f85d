import fc from "fast-check";
import { expect, test } from "vitest";
import type { ChunkStep } from "../../src/prefill/chunk-policy.ts";
import { fcfs } from "../../src/prefill/fcfs.ts";
import type { RequestView } from "../../src/request.ts";

const request = {} as RequestView;

test("a prompt takes all that it needs, of what is left", () => {
  const step: ChunkStep = { remaining: 10, budget: 16, decodeCount: 6, prefillsLeft: 3, gapLeft: 2000, blockSize: 4 };
  expect(fcfs().name).toBe("fcfs");
  expect([3, 10, 11, 1000].map((gap) => fcfs().chunk(request, gap, step))).toEqual([3, 10, 10, 10]);
});

test("keeps the law of chunk policies: within gap and budget, and never nothing", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 1e6 }),
      fc.integer({ min: 1, max: 1e5 }),
      fc.nat(100),
      (gap, remaining, others) => {
        const chunk = fcfs().chunk(request, gap, {
          remaining,
          budget: remaining + others,
          decodeCount: others,
          prefillsLeft: 1,
          gapLeft: gap,
          blockSize: 16,
        });
        expect(chunk).toBeGreaterThan(0);
        expect(chunk).toBeLessThanOrEqual(Math.min(gap, remaining));
      },
    ),
  );
});
