import { describe, expect, test } from "vitest";
import { resultWords, wantsOf } from "../../../src/backends/webgpu/sampler.ts";
import { makePlan } from "../../../src/testing/index.ts";
import type { SamplingParams } from "../../../src/sampling-params.ts";

describe("wantsOf", () => {
  const wants = (...sampling: Partial<SamplingParams>[]) =>
    wantsOf(
      makePlan(
        0,
        4,
        sampling.map((params, slot) => ({
          slot,
          tokenIds: [1],
          position: 0,
          tables: [[slot + 1]],
          sampled: [0],
          sampling: params,
        })),
      ),
    );

  test("greedy samples want neither draws nor log probabilities", () =>
    expect(wants({}, {})).toEqual({ edits: false, draws: false, logprobs: false }));
  test("one sample is enough for each", () => {
    expect(wants({}, { temperature: 0.5 })).toEqual({ edits: false, draws: true, logprobs: false });
    expect(wants({}, { logprobs: 0 })).toEqual({ edits: false, draws: false, logprobs: true });
  });
  test("a step with edits wants them", () => {
    const row = { slot: 0, tokenIds: [1], position: 0, tables: [[1]], sampled: [0], edits: [[{ tokenId: 3 }]] };
    expect(wantsOf(makePlan(0, 4, [row])).edits).toBe(true);
  });
  test("what is behind the counted samples does not matter", () =>
    expect(wants()).toEqual({ edits: false, draws: false, logprobs: false }));
});

test("results hold an id, flags, a log probability and 20 pairs a sample", () => expect(resultWords(3)).toBe(3 * 43));
