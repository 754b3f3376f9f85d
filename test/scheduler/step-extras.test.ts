import { describe, expect, test } from "vitest";
import type { RequestInput } from "../../src/request.ts";
import type { SchedulerOptions } from "../../src/scheduler/options.ts";
import { Scheduler } from "../../src/scheduler/scheduler.ts";
import type { StepPlan } from "../../src/step.ts";
import { noEvict } from "../../src/policies/admission/no-evict.ts";

/** A scheduler, and a driver that answers sample i of plan p with 100 p + i. */
function setUp(options: Partial<SchedulerOptions> = {}) {
  const scheduler = new Scheduler({ blockCount: 20, blockSize: 4, maxRequests: 4, tokenBudget: 16, contextLength: 60, ...options });
  const submit = (input: Partial<RequestInput> = {}) => scheduler.submit({ id: "x", promptTokenIds: [1, 2, 3, 4, 5, 6], maxTokens: 4, n: 3, ...input }, 0);
  const commit = (plan: StepPlan) => {
    const outcome = scheduler.commit(plan, { tokenIds: Int32Array.from({ length: plan.sampleCount }, (_, i) => 100 * plan.index + i) }, 0);
    scheduler.checkInvariants();
    return Array.from({ length: outcome.tokenCount }, (_, i) => [(outcome.requests[i] as { choice?: number }).choice, outcome.tokenIds[i]]);
  };
  return { scheduler, submit, commit };
}

const shape = ({ tokenCount, requestCount, sampleCount }: StepPlan) => [tokenCount, requestCount, sampleCount];

describe("n choices", () => {
  test("begin with one computation of the prompt, share its blocks, and copy what they write", () => {
    const { scheduler, submit, commit } = setUp();
    submit();
    const first = scheduler.schedule(0)!;
    expect([shape(first), [...first.sampleRows.subarray(0, 3)], [...first.sampling.choice.subarray(0, 3)]]).toEqual([[6, 1, 3], [5, 5, 5], [0, 1, 2]]);
    // Nothing can be planned on tokens that nobody knows.
    expect([scheduler.schedule(0), scheduler.idleReason]).toEqual([null, "in-flight"]);
    expect(commit(first)).toEqual([[0, 0], [1, 1], [2, 2]]);
    expect(scheduler.stats()).toMatchObject({ running: 3, heldBlocks: 2, submitted: 3 });
    const second = scheduler.schedule(0)!;
    expect([shape(second), second.copyCount, scheduler.stats().heldBlocks]).toEqual([[3, 3, 3], 3, 5]);
    expect([...second.tokenIds.subarray(0, 3)].toSorted((a, b) => a - b)).toEqual([0, 1, 2]);
    commit(second);
    expect(scheduler.stats().heldBlocks).toBe(4);
  });

  test("one that gets no slot waits as preempted, with its token", () => {
    const { scheduler, submit, commit } = setUp({ maxRequests: 2 });
    submit();
    commit(scheduler.schedule(0)!);
    expect([0, 1, 2].map((choice) => scheduler.explain("x", choice))).toMatchObject([{ state: "running" }, { state: "running" }, { state: "preempted", tokenCount: 7, blocks: 0 }]);
    for (let plan = scheduler.schedule(0); plan !== null; plan = scheduler.schedule(0)) commit(plan);
    expect(scheduler.stats()).toMatchObject({ finished: 3, heldBlocks: 0, preemptions: 0 });
  });

  test("a step samples no more than it may: the rest starts over together", () => {
    const { scheduler, submit, commit } = setUp({ tokenBudget: 2 });
    submit();
    for (let i = 0; i < 3; i++) commit(scheduler.schedule(0)!);
    expect([0, 1, 2].map((choice) => scheduler.explain("x", choice)!.tokenCount)).toEqual([7, 7, 6]);
    for (let plan = scheduler.schedule(0); plan !== null; plan = scheduler.schedule(0)) commit(plan);
    expect(scheduler.stats()).toMatchObject({ finished: 3, heldBlocks: 0 });
  });

  test("while they wait for the prompt, one can end or pause, and the next computes it for the others", () => {
    const { scheduler, submit, commit } = setUp({ tokenBudget: 4 });
    submit({ n: 4 });
    const plan = scheduler.schedule(0)!;
    expect(scheduler.explain("x", 1)).toMatchObject({ state: "waiting", waitsFor: { reason: "sibling" } });
    scheduler.abort("x", 0, 2);
    scheduler.pause("x", 0, 0);
    expect([0, 1, 2, 3].map((choice) => scheduler.explain("x", choice)?.state)).toEqual(["paused", "waiting", undefined, "waiting"]);
    commit(plan);
    commit(scheduler.schedule(0)!);
    expect([1, 3].map((choice) => scheduler.explain("x", choice)!.state)).toEqual(["running", "running"]);
    expect([scheduler.resume("x", 0), scheduler.resume("x", 0)]).toEqual([true, false]);
    for (let next = scheduler.schedule(0); next !== null; next = scheduler.schedule(0)) commit(next);
    expect(scheduler.stats()).toMatchObject({ finished: 3, aborted: 1, heldBlocks: 0 });
  });

  test("a sibling gives back only what nobody else holds; without a choice all end", () => {
    const { scheduler, submit, commit } = setUp();
    submit();
    commit(scheduler.schedule(0)!);
    commit(scheduler.schedule(0)!);
    const { heldBlocks } = scheduler.stats();
    scheduler.abort("x", 0, 0);
    expect(scheduler.stats()).toMatchObject({ heldBlocks: heldBlocks - 1, running: 2, aborted: 1 });
    scheduler.abort("x", 0);
    expect(scheduler.stats()).toMatchObject({ heldBlocks: 0, running: 0, aborted: 3 });
    expect([scheduler.size, scheduler.explain("x")]).toEqual([0, undefined]);
  });

  test("what ends with its first token is a choice like any", () => {
    const { scheduler, submit, commit } = setUp();
    submit({ maxTokens: 1 });
    expect(commit(scheduler.schedule(0)!)).toHaveLength(3);
    expect(scheduler.stats()).toMatchObject({ finished: 3, heldBlocks: 0 });
  });

  test("a policy that never preempts is asked before a choice runs beside the others", () => {
    const { scheduler, submit, commit } = setUp({ admission: noEvict(), blockCount: 8 });
    submit({ maxTokens: 12 });
    for (let plan = scheduler.schedule(0); plan !== null; plan = scheduler.schedule(0)) commit(plan);
    expect(scheduler.stats()).toMatchObject({ finished: 3, preemptions: 0 });
  });

  test("a deadline ends all of them; an id is in use while one of them is there", () => {
    const { scheduler, submit } = setUp();
    submit({ queueTimeout: 5 });
    expect(() => submit()).toThrow("id x is in use");
    scheduler.schedule(9);
    expect(scheduler.stats()).toMatchObject({ failed: 3, waiting: 0 });
  });

  test.each([[{ n: 0 }, "n must be an integer in [1, 128], got 0"], [{ n: 129 }, "n must be"], [{ n: 2, choice: 127 }, "n must be an integer in [1, 1], got 2"], [{ choice: 128 }, "choice must be an integer in [0, 127], got 128"]])("refuses %o", (input, message) => {
    const { scheduler, submit } = setUp();
    expect(() => submit(input)).toThrow(message);
    expect(scheduler.stats()).toMatchObject({ submitted: 0, waiting: 0 });
  });
});
