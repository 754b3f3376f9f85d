import { describe, expect, test } from "vitest";
import { AssertionError } from "../../src/assert.ts";
import {
  InfeasibleRequestError,
  InvalidOptionError,
  InvalidRequestError,
  QueueFullError,
  StepFailedError,
  TimeoutError,
} from "../../src/errors.ts";
import type { Request, RequestInput } from "../../src/request.ts";
import type { Scheduler } from "../../src/scheduler/scheduler.ts";
import type { StepPlan } from "../../src/step.ts";
import { ids, schedulerOf } from "../support/scheduler-of.ts";

function inputsOf(plan: StepPlan): number[] {
  return [...plan.tokenIds.subarray(0, plan.tokenCount)];
}

/** All that a caller can see, but for the columns. */
function facts(scheduler: Scheduler): string {
  return JSON.stringify([
    scheduler.stats(),
    scheduler.size,
    scheduler.idleReason,
    scheduler.inFlightCount,
    scheduler.nextWakeAt,
  ]);
}

describe("a request's way", () => {
  test("prompt in chunks, then a token a step, then the end", () => {
    const ended: Request[] = [];
    const { scheduler, submit, step } = schedulerOf({ onEnd: (request) => ended.push(request) });
    const request = submit(0, { promptTokenIds: ids(20), maxTokens: 3 });
    expect([step(), step(), step(), step(), step()]).toEqual([[16], [4], [1], [1], null]);
    expect([
      request.outputTokenIds(),
      request.finishReason,
      request.state,
      ended,
      scheduler.size,
      scheduler.idleReason,
    ]).toEqual([[7, 7, 7], "length", "finished", [request], 0, "empty"]);
    expect(scheduler.stats()).toMatchObject({
      submitted: 1,
      finished: 1,
      steps: 4,
      scheduledTokens: 22,
      heldBlocks: 0,
      cachedBlocks: 5,
    });
  });

  test("decodes and chunks share a step under the budget; what is there goes before what comes", () => {
    const { submit, step } = schedulerOf();
    submit(0, { maxTokens: 20 });
    step();
    submit(1, { promptTokenIds: ids(40, 1) });
    submit(2);
    expect([step(), step(), step()]).toEqual([
      [1, 15],
      [1, 15],
      [1, 10, 5],
    ]);
  });

  test("a stop id ends it, and is its last token", () => {
    const { submit, step } = schedulerOf();
    const request = submit(0, { stopTokenIds: [3, 7] });
    step();
    expect([request.finishReason, request.outputTokenIds()]).toEqual(["stop", [7]]);
  });

  test("it ends with the context", () => {
    const { submit, step } = schedulerOf({ contextLength: 8 });
    const request = submit(0, { maxTokens: 100 });
    step();
    step();
    expect([request.finishReason, request.outputTokenCount]).toEqual(["length", 2]);
  });

  test("a prompt that comes again is cached but for its last token", () => {
    const { scheduler, submit, step } = schedulerOf();
    for (const id of ["a", "b"]) {
      submit(id, { promptTokenIds: ids(12), maxTokens: 1 });
      expect(step()).toEqual([id === "a" ? 12 : 1]);
    }
    expect(scheduler.stats().cachedTokens).toBe(11);
  });

  test("an id can be used again once its request has ended", () => {
    const { submit, step } = schedulerOf();
    submit(0, { maxTokens: 1 });
    step();
    expect(submit(0).order).toBe(1);
  });
});

describe("planning ahead", () => {
  test("the next plan reads tokens that are still on the device", () => {
    const { scheduler, submit, commit } = schedulerOf();
    submit(0);
    submit(1, { promptTokenIds: ids(10, 1) });
    const first = scheduler.schedule(0)!;
    expect(inputsOf(first).slice(-1)).toEqual([1009]);
    const second = scheduler.schedule(0)!;
    expect([inputsOf(second), second.index, scheduler.inFlightCount]).toEqual([[~0, ~1], 1, 2]);
    expect([commit(first).tokenCount, commit(second).tokenCount, scheduler.inFlightCount]).toEqual([2, 2, 0]);
  });

  test("a third plan, a commit out of turn and a rollback of none are mistakes of the caller, and change nothing", () => {
    const { scheduler, submit, commit } = schedulerOf();
    submit(0);
    scheduler.schedule(0);
    const second = scheduler.schedule(0)!;
    const before = facts(scheduler);
    expect(() => scheduler.schedule(0)).toThrow(new AssertionError("2 plans are in flight: commit or roll back first"));
    expect(() => commit(second)).toThrow(new AssertionError("commit of plan 1: the oldest in flight is 0"));
    expect(() => scheduler.rollback({ ...second, index: 2 }, 0)).toThrow(AssertionError);
    expect(() => scheduler.invalidateHostTier()).toThrow(
      new AssertionError("invalidateHostTier() while plans are in flight"),
    );
    expect(facts(scheduler)).toBe(before);
    scheduler.checkInvariants();
  });

  test("never goes a step past the last token", () => {
    const { scheduler, submit, commit } = schedulerOf();
    submit(0, { maxTokens: 2 });
    const plans = [scheduler.schedule(0)!, scheduler.schedule(0)!];
    commit(plans[0]);
    expect([scheduler.schedule(0), scheduler.idleReason]).toEqual([null, "in-flight"]);
    expect(commit(plans[1]).finishedCount).toBe(1);
  });

  test("the row of a request that ended is ignored, and its block never cached", () => {
    const { scheduler, submit, commit } = schedulerOf();
    submit(0, { promptTokenIds: ids(8), stopTokenIds: [7] });
    const plans = [scheduler.schedule(0)!, scheduler.schedule(0)!];
    expect([commit(plans[0]).finishedCount, scheduler.stats().heldBlocks, commit(plans[1]).tokenCount]).toEqual([
      1, 0, 0,
    ]);
    expect(scheduler.stats().cachedBlocks).toBe(2);
  });
});

describe("scarcity", () => {
  const anybody = { name: "any", missingBlocks: () => 0 };

  test("the youngest makes room, gets its place back, and computes again what its own prefix does not give", () => {
    const { scheduler, submit, step } = schedulerOf({ blockCount: 6, admission: anybody });
    const [old, young] = [
      submit(0, { promptTokenIds: ids(8), maxTokens: 12 }),
      submit(1, { promptTokenIds: ids(8, 1), maxTokens: 12 }),
    ];
    for (let i = 0; i < 40; i++) step();
    expect([old.preemptionCount, young.preemptionCount > 0, old.finishReason, young.finishReason]).toEqual([
      0,
      true,
      "length",
      "length",
    ]);
    const { preemptions, recomputedTokens } = scheduler.stats();
    expect([preemptions, recomputedTokens > 0]).toEqual([young.preemptionCount, true]);
  });

  test("a step that preempted admits nobody; explain says what is missing", () => {
    const { scheduler, submit, step } = schedulerOf({ blockCount: 4, admission: anybody });
    submit(0, { promptTokenIds: ids(8), maxTokens: 5 });
    submit(1, { promptTokenIds: ids(8, 1), maxTokens: 5 });
    expect([step(), step()]).toEqual([[8, 8], [1]]);
    expect(scheduler.explain(1)).toMatchObject({
      state: "preempted",
      preemptionCount: 1,
      blocks: 0,
      waitsFor: { reason: "behind" },
    });
    step();
    expect(scheduler.explain(1)?.waitsFor).toMatchObject({ reason: "blocks" });
  });

  test("limits the requests of a step", () => {
    const { submit, step, scheduler } = schedulerOf({ maxRequests: 2 });
    for (const id of [0, 1, 2]) submit(id, { promptTokenIds: ids(2, id) });
    expect([step(), scheduler.explain(2)?.waitsFor]).toEqual([[2, 2], { reason: "requests", limit: 2 }]);
  });
});

describe("ends, pauses and time", () => {
  test("abort, finish and fail end a request in any state; unknown and ended ids are nothing to do", () => {
    const { scheduler, submit, step } = schedulerOf({ maxRequests: 1 });
    const [runs, waits, paused] = [submit(0), submit(1), submit(2)];
    step();
    scheduler.pause(2, 0);
    const error = new Error("x");
    scheduler.abort(1, 0);
    scheduler.finish(0, "stop", 0);
    scheduler.fail(2, error, 0);
    expect([runs.finishReason, waits.finishReason, paused.finishReason, paused.error]).toEqual([
      "stop",
      "abort",
      "error",
      error,
    ]);
    const before = facts(scheduler);
    for (const id of [0, 1, 2, "nobody"]) scheduler.abort(id, 0);
    expect([facts(scheduler), scheduler.size, scheduler.stats().heldBlocks, scheduler.explain(0)]).toEqual([
      before,
      0,
      0,
      undefined,
    ]);
  });

  test("an abort between plan and commit gives the blocks back at once", () => {
    const { scheduler, submit, commit } = schedulerOf();
    const request = submit(0);
    const plan = scheduler.schedule(0)!;
    scheduler.abort(0, 0);
    expect([
      scheduler.stats().heldBlocks,
      scheduler.inFlightCount,
      commit(plan).tokenCount,
      request.outputTokenCount,
    ]).toEqual([0, 1, 0, 0]);
    scheduler.checkInvariants();
  });

  test("a paused request keeps its tokens, waits for its resume, and then goes on", () => {
    const { scheduler, submit, step } = schedulerOf();
    const request = submit(0);
    step();
    expect([
      scheduler.pause(0, 0),
      scheduler.pause(0, 0),
      scheduler.pause(9, 0),
      request.state,
      scheduler.stats().heldBlocks,
    ]).toEqual([true, false, false, "paused", 0]);
    expect([step(), scheduler.idleReason]).toEqual([null, "paused"]);
    expect([scheduler.resume(0, 0), scheduler.resume(0, 0), scheduler.resume(9, 0), request.state]).toEqual([
      true,
      false,
      false,
      "preempted",
    ]);
    while (step() !== null);
    expect(request.outputTokenIds()).toEqual([7, 7, 7, 7]);
  });

  test("a deadline ends a request wherever it is, a queue timeout only one that never ran", () => {
    const { scheduler, submit, step } = schedulerOf({ maxRequests: 1 });
    const [runs, waits] = [submit(0, { deadline: 10, queueTimeout: 5 }), submit(1, { queueTimeout: 5 })];
    step(1);
    expect(scheduler.nextWakeAt).toBe(5);
    step(6);
    expect([runs.state, waits.error]).toEqual([
      "running",
      new TimeoutError("request 1: queue timeout at 5 has passed, it is 6"),
    ]);
    expect([step(10), runs.error, scheduler.idleReason]).toEqual([
      null,
      new TimeoutError("request 0: deadline 10 has passed, it is 10"),
      "empty",
    ]);
  });
});

describe("failures", () => {
  test("a plan taken back is planned again, as it was", () => {
    const { scheduler, submit, step } = schedulerOf();
    submit(0);
    step();
    submit(1);
    const plan = scheduler.schedule(0)!;
    const before = inputsOf(plan);
    scheduler.rollback(plan, 0, new Error("x"));
    scheduler.checkInvariants();
    const again = scheduler.schedule(0)!;
    expect([inputsOf(again), again.index, scheduler.stats().rollbacks]).toEqual([before, 2, 1]);
  });

  test("the plan behind is taken back first; the older one stays where only the newer failed", () => {
    const { scheduler, submit, commit } = schedulerOf();
    for (const id of [0, 1, 2]) submit(id, { promptTokenIds: ids(3, id) });
    const first = scheduler.schedule(0)!;
    scheduler.rollback(scheduler.schedule(0)!, 0);
    scheduler.checkInvariants();
    scheduler.abort(1, 0);
    // Rows close up; what they read is still each request's own sample of the plan in flight.
    const second = scheduler.schedule(0)!;
    expect(inputsOf(second)).toEqual([~0, ~2]);
    expect(commit(first).tokenCount).toBe(2);
    expect(scheduler.schedule(0)).not.toBeNull();
    scheduler.rollback(second, 0);
    expect([scheduler.inFlightCount, scheduler.stats().rollbacks]).toEqual([0, 2]);
    scheduler.checkInvariants();
  });

  test("only the culprit ends, once it has failed alone", () => {
    const { scheduler, submit, commit } = schedulerOf();
    const requests = [0, 1, 2].map((id) => submit(id));
    const cause = new Error("cannot do this");
    for (let plan = scheduler.schedule(0); plan !== null; plan = scheduler.schedule(0)) {
      if (inputsOf(plan).some((id) => id >= 1000 && id < 2000)) scheduler.rollback(plan, 0, cause);
      else commit(plan);
      scheduler.checkInvariants();
    }
    expect(requests.map(({ finishReason }) => finishReason)).toEqual(["length", "error", "length"]);
    expect(requests[1].error).toEqual(
      new StepFailedError("4 steps of request 1 failed in a row, the last with it alone"),
    );
    expect(requests[1].error!.cause).toBe(cause);
  });

  test("a lost device costs what was computed, and no token that was delivered", () => {
    const { scheduler, submit, step } = schedulerOf();
    const requests = [submit(0), submit(1, { promptTokenIds: ids(12, 1) })];
    step();
    scheduler.schedule(0);
    scheduler.invalidateDevice(0);
    expect(scheduler.stats()).toMatchObject({
      heldBlocks: 0,
      cachedBlocks: 0,
      plansInFlight: 0,
      running: 0,
      waiting: 2,
      failed: 0,
    });
    scheduler.checkInvariants();
    while (step() !== null);
    expect(requests.map((request) => request.outputTokenIds())).toEqual([
      [7, 7, 7, 7],
      [7, 7, 7, 7],
    ]);
  });
});

describe("refusals at submit change nothing", () => {
  test.each<[Partial<RequestInput>, Error]>([
    [{ promptTokenIds: [] }, new InvalidRequestError("promptTokenIds must be at least one token id, got none")],
    [{ maxTokens: 0 }, new InvalidRequestError("maxTokens must be an integer >= 1, got 0")],
    [{ sampling: { topP: 2 } }, new InvalidRequestError("topP must be in (0, 1], got 2")],
    [{ id: 0 }, new InvalidRequestError("id 0 is in use by a request that has not ended")],
    [{ deadline: 5 }, new InvalidRequestError("deadline must be after the time of submission, 5, got 5")],
    [{ queueTimeout: 0 }, new InvalidRequestError("queueTimeout must be above 0, got 0")],
    [{ promptTokenIds: ids(61) }, new InfeasibleRequestError("the prompt has 61 tokens, the context is 60")],
    [{ maxTokens: 20 }, new InfeasibleRequestError("prompt and answer of 26 tokens need 7 blocks, the pool has 6")],
    [
      { promptTokenIds: ids(10, 3), maxTokens: 1 },
      new QueueFullError("6 tokens are waiting, 10 more are beyond the limit of 15"),
    ],
  ])("%o", (input, error) => {
    const { scheduler, submit } = schedulerOf({ blockCount: 6, maxWaitingTokens: 15 });
    submit(0);
    const before = facts(scheduler);
    expect(() => submit(1, input, 5)).toThrow(error);
    expect(facts(scheduler)).toBe(before);
    expect(scheduler.kv.prefixes.domains.size).toBe(1);
  });

  test.each<[object, string]>([
    [{ blockCount: 0 }, "blockCount must be an integer in [1, 16777216], got 0"],
    [{ blockCount: 1.5 }, "blockCount must be an integer in [1, 16777216], got 1.5"],
    [{ blockSize: 0 }, "blockSize must be an integer in [1, 1024], got 0"],
    [{ maxRequests: 0 }, "maxRequests must be an integer in [1, 32768], got 0"],
    [{ tokenBudget: -3 }, "tokenBudget must be an integer in [1, 16777216], got -3"],
  ])("no scheduler is made with %o", (options, message) =>
    expect(() => schedulerOf(options)).toThrow(new InvalidOptionError(message)),
  );
});

describe("resetPrefixCache", () => {
  test("empties the cache, not while blocks are held or a plan is in flight", () => {
    const { scheduler, submit, commit, step } = schedulerOf();
    submit("a", { promptTokenIds: ids(12), maxTokens: 2 });
    const plan = scheduler.schedule(0)!;
    expect(scheduler.resetPrefixCache({ force: true })).toBe(false);
    commit(plan);
    expect(scheduler.resetPrefixCache()).toBe(false);
    step();
    expect([
      scheduler.stats().cachedBlocks,
      scheduler.resetPrefixCache(),
      scheduler.stats().freeBlocks,
      scheduler.kv.prefixes.tree.size,
    ]).toEqual([3, true, 20, 0]);
  });

  test("by force leaves those that run their blocks, which are cached no more", () => {
    const { scheduler, submit, step } = schedulerOf();
    const request = submit("a", { promptTokenIds: ids(12), maxTokens: 8 });
    step();
    expect([
      scheduler.resetPrefixCache({ force: true }),
      scheduler.stats().heldBlocks,
      scheduler.kv.prefixes.tree.size,
    ]).toEqual([true, 3, 0]);
    while (step() !== null) scheduler.checkInvariants();
    expect([request.outputTokenCount, scheduler.stats().freeBlocks]).toEqual([8, 20]);
  });
});

test("one that would have to give its own blocks up waits for others', and explain says so", () => {
  const { scheduler, submit, step } = schedulerOf({
    blockCount: 4,
    admission: { name: "any", missingBlocks: () => 0 },
    preemption: { name: "never the other", victim: (running) => running[1] },
  });
  for (const id of [0, 1]) submit(id, { promptTokenIds: ids(id === 0 ? 7 : 8, id), maxTokens: 4 });
  step();
  expect([step(), scheduler.explain(1)?.waitsFor, scheduler.stats().preemptions]).toEqual([
    [1],
    { reason: "stalled", missingBlocks: 1 },
    0,
  ]);
});

test("blockOwners names who holds what", () => {
  const { scheduler, submit, step } = schedulerOf();
  submit("a", { promptTokenIds: ids(6) });
  step();
  expect(
    scheduler
      .blockOwners()
      .filter(({ state }) => state === "held")
      .map(({ request }) => request),
  ).toEqual(["a", "a"]);
});

const beam = { branches: true, promptTokenIds: ids(6), maxTokens: 6 };

/** A beam that has its first token: a choice whose last token may be replaced, and that may branch. */
function started(options: Parameters<typeof schedulerOf>[0] = {}) {
  const bench = schedulerOf(options);
  const entry = bench.submit("b", beam);
  bench.step();
  return { ...bench, entry };
}

describe("beams", () => {
  test("the next step reads the token that was put in the last one's place", () => {
    const { scheduler, entry } = started();
    scheduler.replaceLastToken("b", 0, 41);
    expect([...entry.tokens.subarray(5, 7)]).toEqual([5, 41]);
    expect(scheduler.schedule(1)!.tokenIds[0]).toBe(41);
  });

  test("a branch runs beside the first, on the same blocks, and each copies the last one before it writes", () => {
    const { scheduler, entry, commit } = started();
    const branch = scheduler.branch("b", 0, { choice: 3, tokenId: 42 }, 1);
    expect([
      branch.state,
      branch.tokenCount,
      branch.computedTokenCount,
      branch.choice,
      scheduler.stats().heldBlocks,
      scheduler.size,
    ]).toEqual(["running", 7, 6, 3, 2, 2]);
    const plan = scheduler.schedule(1)!;
    expect([
      [...plan.tokenIds.subarray(0, 2)],
      plan.requestCount,
      plan.copyCount,
      [...plan.sampling.choice.subarray(0, 2)],
    ]).toEqual([[7, 42], 2, 2, [0, 3]]);
    commit(plan);
    expect([[...entry.tokens.subarray(0, 8)], [...branch.tokens.subarray(0, 8)]]).toEqual([
      [...ids(6), 7, 7],
      [...ids(6), 42, 7],
    ]);
    scheduler.checkInvariants();
    scheduler.finish("b", "stop", 2, 0);
    expect([scheduler.size, branch.state, scheduler.stats().heldBlocks]).toEqual([1, "running", 2]);
  });

  test("a branch without a place waits as preempted, and comes in when there is one", () => {
    const { scheduler, step } = started({ maxRequests: 1 });
    const branch = scheduler.branch("b", 0, { choice: 1, tokenId: 42 }, 1);
    expect([branch.state, scheduler.stats().waiting]).toEqual(["preempted", 1]);
    scheduler.finish("b", "stop", 1, 0);
    while (scheduler.size > 0) step(2);
    expect([branch.finishReason, [...branch.tokens.subarray(6, 12)]]).toEqual(["length", [42, 7, 7, 7, 7, 7]]);
  });

  test("a beam sits out planning ahead, and a branch of a paused one waits", () => {
    const { scheduler, commit, entry } = started();
    const plan = scheduler.schedule(1)!;
    expect([scheduler.schedule(1), scheduler.idleReason]).toEqual([null, "in-flight"]);
    commit(plan);
    scheduler.pause("b", 1, 0);
    const branch = scheduler.branch("b", 0, { choice: 1, tokenId: 9 }, 1);
    expect([entry.state, branch.state]).toEqual(["paused", "preempted"]);
    scheduler.checkInvariants();
  });

  test("a branch of one whose tokens are computed again goes on where that was, though the first is gone", () => {
    const { scheduler, submit, step } = schedulerOf({ tokenBudget: 4 });
    submit("b", { ...beam, skipPrefixCache: true });
    for (let i = 0; i < 2; i++) step();
    scheduler.pause("b", 1);
    scheduler.resume("b", 1);
    step();
    scheduler.branch("b", 0, { choice: 1, tokenId: 42 }, 1);
    scheduler.abort("b", 1, 0);
    expect([step(), step()]).toEqual([[3], [1]]);
  });

  test("only a beam with a last token that no step reads can be changed, and only a free choice be taken", () => {
    const { scheduler, submit } = schedulerOf();
    submit("b", beam);
    submit("plain", { promptTokenIds: ids(3, 4) });
    const replace = (id: string) => () => scheduler.replaceLastToken(id, 0, 1);
    expect(replace("b")).toThrow(new AssertionError("choice 0 of request b is no beam with a last token to replace"));
    const plan = scheduler.schedule(0)!;
    expect(replace("b")).toThrow(AssertionError);
    scheduler.commit(plan, { tokenIds: new Int32Array([1, 1]) }, 0);
    expect(replace("plain")).toThrow(AssertionError);
    expect(replace("nobody")).toThrow(AssertionError);
    expect(replace("b")).not.toThrow();
    expect(() => scheduler.branch("b", 0, { choice: 0, tokenId: 1 }, 0)).toThrow(
      new AssertionError("request b has a choice 0 already"),
    );
    expect(() => submit("c", { ...beam, n: 2 })).toThrow(
      new InvalidRequestError("n must be 1 where it branches, got 2"),
    );
  });
});
