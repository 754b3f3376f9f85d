import { describe, expect, test } from "vitest";
import type { Drafter } from "../../src/policies/drafting/drafter.ts";
import type { RequestInput } from "../../src/request.ts";
import type { SchedulerOptions } from "../../src/scheduler/options.ts";
import { Scheduler } from "../../src/scheduler/scheduler.ts";
import type { StepPlan } from "../../src/step.ts";
import { noEvict } from "../../src/policies/admission/no-evict.ts";

/** Guesses these tokens, whatever came before. */
function guessing(...drafts: number[]): Drafter {
  return { name: "guessing", propose: (_tokens, _count, most) => drafts.slice(0, most) };
}

/** A scheduler, and a driver that answers sample i of plan p with 100 p + i. */
function setUp(options: Partial<SchedulerOptions> = {}) {
  const scheduler = new Scheduler({
    blockCount: 20,
    blockSize: 4,
    maxRequests: 4,
    tokenBudget: 16,
    contextLength: 60,
    ...options,
  });
  const submit = (input: Partial<RequestInput> = {}) =>
    scheduler.submit({ id: "x", promptTokenIds: [1, 2, 3, 4, 5, 6], maxTokens: 4, n: 3, ...input }, 0);
  const commit = (plan: StepPlan) => {
    const outcome = scheduler.commit(
      plan,
      { tokenIds: Int32Array.from({ length: plan.sampleCount }, (_, i) => 100 * plan.index + i) },
      0,
    );
    scheduler.checkInvariants();
    return Array.from({ length: outcome.tokenCount }, (_, i) => [
      (outcome.requests[i] as { choice?: number }).choice,
      outcome.tokenIds[i],
    ]);
  };
  return { scheduler, submit, commit };
}

const shape = ({ tokenCount, requestCount, sampleCount }: StepPlan) => [tokenCount, requestCount, sampleCount];

describe("n choices", () => {
  test("begin with one computation of the prompt, share its blocks, and copy what they write", () => {
    const { scheduler, submit, commit } = setUp();
    submit();
    const first = scheduler.schedule(0)!;
    expect([shape(first), [...first.sampleRows.subarray(0, 3)], [...first.sampling.choice.subarray(0, 3)]]).toEqual([
      [6, 1, 3],
      [5, 5, 5],
      [0, 1, 2],
    ]);
    // Nothing can be planned on tokens that nobody knows.
    expect([scheduler.schedule(0), scheduler.idleReason]).toEqual([null, "in-flight"]);
    expect(commit(first)).toEqual([
      [0, 0],
      [1, 1],
      [2, 2],
    ]);
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
    expect([0, 1, 2].map((choice) => scheduler.explain("x", choice))).toMatchObject([
      { state: "running" },
      { state: "running" },
      { state: "preempted", tokenCount: 7, blocks: 0 },
    ]);
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
    expect([0, 1, 2, 3].map((choice) => scheduler.explain("x", choice)?.state)).toEqual([
      "paused",
      "waiting",
      undefined,
      "waiting",
    ]);
    commit(plan);
    commit(scheduler.schedule(0)!);
    expect([1, 3].map((choice) => scheduler.explain("x", choice)!.state)).toEqual(["running", "running"]);
    expect([scheduler.resume("x", 0), scheduler.resume("x", 0)]).toEqual([true, false]);
    for (let next = scheduler.schedule(0); next !== null; next = scheduler.schedule(0)) commit(next);
    expect(scheduler.stats()).toMatchObject({ finished: 3, aborted: 1, heldBlocks: 0 });
  });

  test("a sibling releases only blocks that no other request holds; without a choice all end", () => {
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

  test.each([
    [{ n: 0 }, "n must be an integer in [1, 128], got 0"],
    [{ n: 129 }, "n must be"],
    [{ n: 2, choice: 127 }, "n must be an integer in [1, 1], got 2"],
    [{ choice: 128 }, "choice must be an integer in [0, 127], got 128"],
  ])("refuses %o", (input, message) => {
    const { scheduler, submit } = setUp();
    expect(() => submit(input)).toThrow(message);
    expect(scheduler.stats()).toMatchObject({ submitted: 0, waiting: 0 });
  });
});

describe("drafts", () => {
  /** The prompt is computed; its first token is 0. */
  function decoding(options: Partial<SchedulerOptions>, input: Partial<RequestInput> = {}) {
    const all = setUp(options);
    all.submit({ n: 1, maxTokens: 10, ...input });
    all.commit(all.scheduler.schedule(0)!);
    return all;
  }

  test("are rows of their own, each sampled; the longest right beginning counts, and one token more", () => {
    const { scheduler, commit } = decoding({ drafter: guessing(100, 101, 7, 8) });
    const plan = scheduler.schedule(0)!;
    expect([
      shape(plan),
      [...plan.tokenIds.subarray(0, 5)],
      [...plan.positions.subarray(0, 5)],
      [...plan.sampleRows.subarray(0, 5)],
    ]).toEqual([
      [5, 1, 5],
      [0, 100, 101, 7, 8],
      [6, 7, 8, 9, 10],
      [0, 1, 2, 3, 4],
    ]);
    expect([scheduler.schedule(0), scheduler.idleReason, scheduler.stats().heldBlocks]).toEqual([null, "in-flight", 3]);
    expect(commit(plan)).toEqual([
      [0, 100],
      [0, 101],
      [0, 102],
    ]);
    expect(scheduler.explain("x")).toMatchObject({ tokenCount: 10, computedTokenCount: 9, blocks: 3 });
  });

  test("of which none is right cost their blocks until the commit", () => {
    const { scheduler, commit } = decoding({ drafter: guessing(9, 9, 9, 9) });
    const plan = scheduler.schedule(0)!;
    expect(scheduler.stats().heldBlocks).toBe(3);
    expect(commit(plan)).toEqual([[0, 100]]);
    expect(scheduler.explain("x")).toMatchObject({ tokenCount: 8, computedTokenCount: 7, blocks: 2 });
    expect(commit(scheduler.schedule(0)!)).toEqual([[0, 200]]);
  });

  test("that are rolled back are as if they had never been", () => {
    const { scheduler, commit } = decoding({ drafter: guessing(200, 9) });
    scheduler.rollback(scheduler.schedule(0)!, 0);
    scheduler.checkInvariants();
    expect(scheduler.explain("x")).toMatchObject({ tokenCount: 7, computedTokenCount: 6, blocks: 2 });
    expect(commit(scheduler.schedule(0)!)).toEqual([
      [0, 200],
      [0, 201],
    ]);
  });

  test("get what decodes and prompts leave of the budget, and never go beyond the length", () => {
    const tight = decoding({ drafter: guessing(1, 2, 3, 4, 5, 6, 7, 8), tokenBudget: 8 });
    tight.scheduler.submit({ id: "y", promptTokenIds: [9, 9, 9, 9, 9], maxTokens: 1 }, 0);
    expect(shape(tight.scheduler.schedule(0)!)).toEqual([8, 2, 4]);
    const short = decoding({ drafter: guessing(1, 2, 3) }, { maxTokens: 3 });
    expect(shape(short.scheduler.schedule(0)!)).toEqual([2, 1, 2]);
    const last = decoding({ drafter: guessing(1, 2, 3) }, { maxTokens: 2 });
    expect(shape(last.scheduler.schedule(0)!)).toEqual([1, 1, 1]);
  });

  test("leave a block for every running request, and are none where blocks are short", () => {
    const { scheduler } = decoding({ drafter: guessing(1, 2, 3, 4), blockCount: 4 });
    // 2 of 4 blocks are held, one more is kept for the next decode: 4 - 2 - 1 = 1 block and the rest of the second.
    expect(shape(scheduler.schedule(0)!)).toEqual([5, 1, 5]);
    const full = decoding({ drafter: guessing(1, 2, 3, 4), blockCount: 3 }, { maxTokens: 6 });
    expect(shape(full.scheduler.schedule(0)!)).toEqual([2, 1, 2]);
  });

  test("behind a stop are nothing", () => {
    const { scheduler, commit } = decoding({ drafter: guessing(100, 101, 102) }, { stopTokenIds: [101] });
    expect(commit(scheduler.schedule(0)!)).toEqual([
      [0, 100],
      [0, 101],
    ]);
    expect(scheduler.stats()).toMatchObject({ finished: 1, heldBlocks: 0 });
  });

  test("that the drafter may have keep a request from planning ahead; others go ahead and are asked again later", () => {
    // Guesses for requests that begin with 1, and for the others from 9 tokens on.
    const drafter: Drafter = {
      name: "picky",
      propose: (tokens, count, most) => (tokens[0] === 1 || count >= 9 ? [7, 7].slice(0, most) : []),
    };
    const { scheduler, submit, commit } = setUp({ drafter, maxRequests: 2 });
    submit({ id: "drafted", n: 1, maxTokens: 10 });
    submit({ id: "other", n: 1, maxTokens: 10, promptTokenIds: [2, 2, 3, 4, 5, 6] });
    const idsOf = (plan: StepPlan | null): (string | number)[] =>
      plan === null ? [] : plan.requests!.slice(0, plan.requestCount).map(({ id }) => id);
    const first = scheduler.schedule(0)!;
    const ahead = scheduler.schedule(0)!;
    expect([idsOf(first), idsOf(ahead)]).toEqual([["drafted", "other"], ["other"]]);
    expect([ahead.tokenIds[0], shape(ahead)]).toEqual([~1, [1, 1, 1]]);
    commit(first);
    const drafts = scheduler.schedule(0)!;
    // One row with two drafts, one without: its last token is in flight.
    expect([new Set(idsOf(drafts)), shape(drafts)]).toEqual([new Set(["drafted", "other"]), [4, 2, 4]]);
    commit(ahead);
    commit(drafts);
    expect(["drafted", "other"].map((id) => scheduler.explain(id)!.tokenCount)).toEqual([8, 9]);
    expect(shape(scheduler.schedule(0)!)).toEqual([6, 2, 6]);
    expect(scheduler.schedule(0)).toBeNull();
  });

  test("more than were wanted are the drafter's mistake", () => {
    const { scheduler } = decoding({ drafter: { name: "eager", propose: () => Array.from({ length: 99 }, () => 1) } });
    expect(() => scheduler.schedule(0)).toThrow("drafter eager proposed 99 tokens, 8 were wanted");
  });
});
