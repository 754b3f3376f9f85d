import { expect, test } from "vitest";
import { formatSummary, summarize, type Timed } from "../../../src/cli/demo/summary.ts";
import { Engine } from "../../../src/engine/engine.ts";
import { createReferenceBackend } from "../../../src/backends/reference/index.ts";
import { randomModel } from "../../../src/testing/index.ts";

const { scheduler } = new Engine({
  backend: createReferenceBackend({
    model: randomModel(1),
    blockCount: 48,
    blockSize: 4,
    maxTokens: 24,
    maxRequests: 2,
  }),
});
const stats = {
  ...scheduler.stats(),
  steps: 10,
  scheduledTokens: 120,
  preemptions: 2,
  recomputedTokens: 9,
  cachedTokens: 4,
};

function timed(promptTokens: number, submittedAt: number, tokenTimes: number[]): Timed {
  return {
    promptTokens,
    tokenTimes,
    completion: {
      timing: { submittedAt, firstTokenAt: tokenTimes[0] ?? null, finishedAt: tokenTimes.at(-1) ?? submittedAt },
    },
  };
}

test("figures are over the requests that ended", () => {
  const tracks = [
    timed(5, 10, [11, 11.5, 12]),
    timed(7, 11, [13, 15]),
    { promptTokens: 99, tokenTimes: [1], completion: null },
  ];
  expect(summarize(tracks, stats, 31)).toEqual({
    requests: 2,
    promptTokens: 12,
    producedTokens: 5,
    seconds: 5,
    tokensPerSecond: 1,
    ttft: { p50: 1, p99: 2 },
    itl: { p50: 0.5, p99: 2 },
    steps: 10,
    meanTokensPerStep: 12,
    tokenBudget: 24,
    peakBlocks: 31,
    blockCount: 48,
    preemptions: 2,
    recomputedTokens: 9,
    cachedTokens: 4,
  });
});

test("a request without a token has no time to its first", () => {
  expect(summarize([timed(5, 1, []), timed(5, 1, [2])], stats, 1).ttft).toEqual({ p50: 1, p99: 1 });
});

test("where nothing ended there is nothing to divide by", () => {
  const nothing = summarize([], { ...stats, steps: 0, scheduledTokens: 0 }, 0);
  expect(nothing).toMatchObject({
    requests: 0,
    seconds: 0,
    tokensPerSecond: 0,
    meanTokensPerStep: 0,
    ttft: { p50: null, p99: null },
  });
  expect(formatSummary(nothing)).not.toMatch(/NaN|null|undefined/);
});

test("the summary names what was promised", () => {
  const text = formatSummary(summarize([timed(5, 10, [11, 11.05, 12])], stats, 31));
  expect(text).toBe(`
1 requests: 5 prompt tokens in, 3 tokens out, 2.0 s

  tokens/s       1.5
  TTFT           p50 1.00 s, p99 1.00 s
  ITL            p50 50 ms, p99 950 ms
  steps          10
  tokens a step  12.0 on average, of a budget of 24 (50%)
  peak blocks    31 of 48
  preemptions    2 (9 tokens computed again)
  prefix cache   4 tokens taken from it
`);
});
