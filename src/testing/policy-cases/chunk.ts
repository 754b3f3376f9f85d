import { assert } from "../../assert.ts";
import type { ChunkPolicy, ChunkStep } from "../../prefill/chunk-policy.ts";
import type { RequestView } from "../../request.ts";
import { drawRequest, drawRunning, type PolicyCase } from "./policy-case.ts";

/** The rules of chunk policies. */
export function chunkCases(make: () => ChunkPolicy): PolicyCase[] {
  return [
    {
      name: "a chunk is a whole number of tokens, 0 <= chunk <= gap and remaining budget",
      run(random) {
        const policy = make();
        const budget = random.integer(1, 2000);
        const running = drawRunning(random, random.integer(1, 8)).filter(
          ({ tokenCount, computedTokenCount }) => tokenCount - computedTokenCount > 1,
        );
        const decodeCount = random.integer(0, Math.min(budget - 1, 100));
        let [remaining, gapLeft] = [budget - decodeCount, running.reduce((sum, request) => sum + gapOf(request), 0)];
        for (const [index, request] of running.entries()) {
          if (remaining === 0) return;
          const step = {
            remaining,
            budget,
            decodeCount,
            prefillsLeft: running.length - index,
            gapLeft,
            blockSize: random.pick([1, 16]),
          };
          remaining -= checkedChunk(policy, request, gapOf(request), step);
          gapLeft -= gapOf(request);
        }
      },
    },
    {
      name: "a prompt that is alone in an empty step gets a token, a whole one where it may not be divided",
      run(random) {
        const policy = make();
        const budget = random.integer(1, 2000);
        const waiting = drawRequest(random, 0);
        for (const request of [waiting, ...drawRunning(random, 1)]) {
          const gap = Math.max(2, gapOf(request));
          const step = { remaining: budget, budget, decodeCount: 0, prefillsLeft: 1, gapLeft: gap, blockSize: 16 };
          const chunk = checkedChunk(policy, request, gap, step);
          assert(
            chunk > 0,
            () => `${policy.name} gives nothing to a prompt of ${gap} tokens in an empty step of ${budget}`,
          );
          assert(
            policy.wholePrompts !== true || gap > budget || chunk === gap,
            () => `${policy.name} divides a prompt of ${gap} tokens that fits a step of ${budget}`,
          );
        }
      },
    },
  ];
}

function gapOf({ tokenCount, computedTokenCount }: RequestView): number {
  return tokenCount - computedTokenCount;
}

function checkedChunk(policy: ChunkPolicy, request: RequestView, gap: number, step: ChunkStep): number {
  const chunk = policy.chunk(request, gap, step);
  assert(
    Number.isInteger(chunk) && chunk >= 0 && chunk <= Math.min(gap, step.remaining),
    () => `${policy.name} gives ${chunk} of ${gap} tokens, ${step.remaining} remain`,
  );
  return chunk;
}
