import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LogprobWriter, createLogprobColumns } from "../../src/sampling/logprobs.ts";

/** One row, the top ids in full. */
function logprobsOf(logits: readonly number[], chosen: number, top: number) {
  const columns = createLogprobColumns(1);
  new LogprobWriter(logits.length).write(columns, 0, Float64Array.from(logits), chosen, top);
  return {
    logprob: columns.logprobs[0],
    topIds: [...columns.topIds.subarray(0, top)],
    topLogprobs: [...columns.topLogprobs.subarray(0, top)],
  };
}

describe("LogprobWriter", () => {
  test("probabilities add up to one, and the top ones are the chosen one's kind", () => {
    const logits = fc.array(fc.integer({ min: -30, max: 30 }), { minLength: 20, maxLength: 20 });
    fc.assert(
      fc.property(logits, fc.nat(19), (values, chosen) => {
        const { logprob, topIds, topLogprobs } = logprobsOf(values, chosen, 20);
        expect(topIds.toSorted((a, b) => a - b)).toEqual([...values.keys()]);
        expect(topLogprobs.reduce((sum, value) => sum + Math.exp(value), 0)).toBeCloseTo(1, 5);
        expect(topLogprobs[topIds.indexOf(chosen)]).toBe(logprob);
      }),
    );
  });

  test("is the log softmax, likeliest first, ties to the lowest id", () => {
    const { logprob, topIds, topLogprobs } = logprobsOf([Math.log(1), Math.log(4), Math.log(4), Math.log(7)], 0, 3);
    expect(logprob).toBeCloseTo(Math.log(1 / 16), 6);
    expect(topIds).toEqual([3, 1, 2]);
    expect(topLogprobs.map((value) => Math.exp(value) * 16)).toEqual(
      [7, 4, 4].map((share) => expect.closeTo(share, 5)),
    );
  });

  test("large logits do not overflow", () => {
    expect(logprobsOf([1000, 1000], 1, 0).logprob).toBeCloseTo(Math.log(0.5), 6);
  });

  test("fills what the vocabulary lacks with -1 and -Infinity, and leaves NaN out", () => {
    expect(logprobsOf([Number.NaN, 0], 1, 3)).toEqual({
      logprob: 0,
      topIds: [1, -1, -1],
      topLogprobs: [0, -Infinity, -Infinity],
    });
  });

  test("writes its own row only", () => {
    const columns = createLogprobColumns(3);
    new LogprobWriter(2).write(columns, 1, new Float32Array([0, 0]), 0, 1);
    expect([...columns.logprobs]).toEqual([0, Math.fround(-Math.log(2)), 0]);
    expect([...columns.topLogprobs].map((value, i) => (value === 0 ? -1 : i)).filter((i) => i >= 0)).toEqual([20]);
  });
});
