import { NO_USAGE } from "../../../src/engine/token-stream.ts";
import { describe, expect, test } from "vitest";
import { Track } from "../../../src/cli/demo/track.ts";
import type { Completion } from "../../../src/engine/token-stream.ts";
import type { Explanation } from "../../../src/scheduler/inspect/explanation.ts";

const request = { id: "tea", prompt: "How to make tea", maxTokens: 40, arrivalMs: 0 };
const explanation: Explanation = {
  id: 0,
  state: "running",
  tokenCount: 5,
  computedTokenCount: 0,
  cachedTokenCount: 0,
  preemptionCount: 0,
  blocks: 1,
  waitsFor: null,
};
const completion = (tokenIds: number[], finishedAt: number): Completion => {
  const choice = {
    choice: 0,
    tokenIds,
    text: "",
    finishReason: "stop" as const,
    error: null,
    timing: { submittedAt: 0, admittedAt: 0, firstTokenAt: 1, finishedAt },
    stop: null,
    usage: NO_USAGE,
    seed: 0,
  };
  return { id: 0, ...choice, choices: [choice] };
};

function arrived(): Track {
  const track = new Track(request);
  track.arrived = true;
  track.promptTokens = 5;
  return track;
}

describe("observe", () => {
  test("notes when each token came, and tells of the first", () => {
    const track = arrived();
    expect(track.observe(explanation, 1)).toEqual([]);
    expect(track.observe({ ...explanation, tokenCount: 6 }, 2)).toEqual(["first token"]);
    expect(track.observe({ ...explanation, tokenCount: 7 }, 3)).toEqual([]);
    expect(track.tokenTimes).toEqual([2, 3]);
  });

  test("tells of each preemption, once, and counts no token twice after it", () => {
    const track = arrived();
    track.observe({ ...explanation, tokenCount: 6 }, 1);
    expect(track.observe({ ...explanation, tokenCount: 6, preemptionCount: 2, state: "preempted" }, 2)).toEqual([
      "preempted",
      "preempted",
    ]);
    expect(track.observe({ ...explanation, tokenCount: 6, preemptionCount: 2 }, 3)).toEqual([]);
    expect(track.tokenTimes).toEqual([1]);
  });

  test("the tokens of the last step came when the request ended", () => {
    const track = arrived();
    track.observe({ ...explanation, tokenCount: 6 }, 1);
    track.complete(completion([7, 8], 4));
    expect(track.tokenTimes).toEqual([1, 4]);
  });
});

describe("toRow", () => {
  test("before it comes", () => {
    expect(new Track(request).toRow(undefined)).toEqual({
      id: "tea",
      phase: "coming",
      progress: { done: 0, of: 40 },
      prompt: "How to make tea",
      text: "",
    });
  });

  test.each([
    [{ state: "waiting" }, "waiting", { done: 0, of: 5 }],
    [{ state: "paused" }, "waiting", { done: 0, of: 5 }],
    [{ state: "preempted", tokenCount: 9 }, "preempted", { done: 0, of: 9 }],
    [{ computedTokenCount: 3 }, "prefill", { done: 3, of: 5 }],
    [{ tokenCount: 6, computedTokenCount: 6 }, "decode", { done: 1, of: 40 }],
    [{ tokenCount: 6, computedTokenCount: 2 }, "prefill", { done: 2, of: 6 }],
  ] as const)("%j is %s", (change, phase, progress) => {
    const track = arrived();
    const now = { ...explanation, ...change };
    track.observe(now, 1);
    expect(track.toRow(now)).toMatchObject({ phase, progress });
  });

  test("after it has ended", () => {
    const done = arrived();
    done.complete(completion([7, 8], 4));
    expect(done.toRow(undefined)).toMatchObject({ phase: "done", progress: { done: 2, of: 2 } });
    const refused = arrived();
    refused.refusal = new Error("too long");
    expect(refused.toRow(undefined)).toMatchObject({ phase: "failed", progress: { done: 0, of: 0 } });
    expect(refused.error?.message).toBe("too long");
  });
});
