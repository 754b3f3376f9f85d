import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ChunkPolicy } from "../../src/prefill/chunk-policy.ts";
import { equalProgress } from "../../src/prefill/equal-progress.ts";
import { fcfs } from "../../src/prefill/fcfs.ts";
import type { RequestView } from "../../src/request.ts";
import { PolicyRun } from "../support/policy-run.ts";

const request = {} as RequestView;

/** What each of these gaps gets of a budget, in order. */
function share(gaps: readonly number[], budget: number, blockSize = 16): number[] {
  let [remaining, gapLeft] = [budget, gaps.reduce((sum, gap) => sum + gap, 0)];
  return gaps.map((gap, index) => {
    if (remaining === 0) return 0;
    const chunk = equalProgress().chunk(request, gap, {
      remaining,
      budget,
      decodeCount: 0,
      prefillsLeft: gaps.length - index,
      gapLeft,
      blockSize,
    });
    remaining -= chunk;
    gapLeft -= gap;
    return chunk;
  });
}

describe("equal-progress", () => {
  test("all get the same number of whole blocks, the last what is left", () => {
    expect(share([1000, 1000, 1000], 512)).toEqual([160, 176, 176]);
    expect(share([1000, 1000], 50)).toEqual([16, 34]);
  });

  test("what short ones do not need goes to the others", () => {
    expect(share([10, 1000], 512)).toEqual([10, 502]);
    expect(share([1000, 10], 512)).toEqual([502, 10]);
  });

  test("where there is not a block for each, the first get one", () =>
    expect(share([100, 100, 100, 100], 40)).toEqual([16, 16, 8, 0]));

  test("each gets its equal share, in whole blocks, or all it needs; and nothing is left while somebody lacks tokens", () => {
    const gaps = fc.array(fc.integer({ min: 2, max: 600 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(gaps, fc.integer({ min: 1, max: 800 }), fc.constantFrom(1, 4, 16), (needs, budget, blockSize) => {
        const chunks = share(needs, budget, blockSize);
        const equal = Math.floor(budget / needs.length / blockSize) * blockSize;
        for (const [index, chunk] of chunks.entries()) {
          expect(chunk).toBeGreaterThanOrEqual(Math.min(needs[index], equal));
        }
        const total = needs.reduce((sum, gap) => sum + gap, 0);
        expect(chunks.reduce((sum, chunk) => sum + chunk, 0)).toBe(Math.min(budget, total));
      }),
    );
  });

  test("in the scheduler, prompts that run together get the same, where fcfs chunks prefer the first", () => {
    const progress = (chunking: ChunkPolicy): readonly number[] => {
      const run = new PolicyRun({ blockCount: 200, tokenBudget: 96, longPrefillThreshold: 64, chunking });
      const prompts = [1, 2].map((own) => run.submit({ promptTokenIds: new Int32Array(600).fill(own), maxTokens: 1 }));
      for (let i = 0; i < 3; i++) run.step();
      return prompts.map(({ computedTokenCount }) => computedTokenCount);
    };
    // The first step lets them in: 64 and 32.
    expect(progress(fcfs())).toEqual([64 + 128, 32 + 64]);
    expect(progress(equalProgress())).toEqual([64 + 96, 32 + 96]);
  });
});
