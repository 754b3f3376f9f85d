import { describe, expect, test } from "vitest";
import { Sequence } from "../../src/scheduler/sequence.ts";
import { DrivenRequest } from "../../src/testing/driven-request.ts";
import { checkExpired, checkIdle, checkVictims } from "../../src/testing/schedule-laws.ts";
import type { RequestInput, RequestState } from "../../src/request.ts";

/** Requests of ascending age in these states. */
function inStates(states: readonly RequestState[], changes: Partial<RequestInput> = {}): DrivenRequest[] {
  return states.map((state, order) => {
    const input = { id: order, promptTokenIds: [1], maxTokens: 1, ...changes } as DrivenRequest["input"];
    const entry = new Sequence(input, { contextLength: 9, order, now: 0 });
    if (state === "preempted") entry.become("running");
    if (state !== "waiting") entry.become(state);
    return new DrivenRequest(input, entry, null);
  });
}

describe("checkVictims", () => {
  test("lets pass where the youngest were preempted, or nobody was", () => {
    const [a, b, c] = inStates(["running", "preempted", "preempted"]);
    expect(() => checkVictims([a, b, c], [a, b, c], true)).not.toThrow();
    const all = inStates(["running", "running"]);
    expect(() => checkVictims([all[0]], all, true)).not.toThrow();
  });

  test("finds an older victim, where that is the law, and a newcomer", () => {
    const [a, b] = inStates(["preempted", "running"]);
    expect(() => checkVictims([a, b], [a, b], true)).toThrow("request 1 went on, an older request was preempted");
    expect(() => checkVictims([a, b], [a, b], false)).not.toThrow();
    expect(() => checkVictims([a], [a, b], false)).toThrow("a step that preempted admitted somebody");
  });
});

test("checkExpired finds one whose time is over, and a time to look that has passed", () => {
  const never = { nextWakeAt: Number.POSITIVE_INFINITY };
  expect(() => checkExpired(inStates(["running"], { deadline: 5 }), never, 4)).not.toThrow();
  expect(() => checkExpired(inStates(["running"], { deadline: 5 }), never, 5)).toThrow(
    "request 0 is running at 5, its deadline is 5, its queue timeout at Infinity",
  );
  expect(() => checkExpired(inStates(["waiting"], { queueTimeout: 5 }), never, 5)).toThrow("its queue timeout at 5");
  expect(() => checkExpired(inStates(["running", "preempted"], { queueTimeout: 5 }), never, 5)).not.toThrow();
  expect(() => checkExpired([], { nextWakeAt: 5 }, 5)).toThrow("it is 5, the next time to look is 5");
});

test("checkIdle wants the reason, and nobody who waits for no reason", () => {
  expect(() => checkIdle([], { idleReason: "empty" }, 0)).not.toThrow();
  expect(() => checkIdle(inStates(["paused"]), { idleReason: "paused" }, 0)).not.toThrow();
  expect(() => checkIdle(inStates(["waiting"]), { idleReason: "in-flight" }, 1)).not.toThrow();
  expect(() => checkIdle([], { idleReason: "paused" }, 0)).toThrow("idle because paused, not empty");
  expect(() => checkIdle(inStates(["paused", "waiting"]), { idleReason: "paused" }, 0)).toThrow(
    "nothing was planned, nothing is in flight, and a request waits",
  );
});
