import { describe, expect, test } from "vitest";
import { StepFailedError } from "../../src/errors.ts";
import { Suspects } from "../../src/scheduler/suspects.ts";
import { ids, rowsOf, schedulerOf, sequenceOf } from "../support/scheduler-of.ts";

describe("a rollback", () => {
  test("sends back what the plan admitted, and takes back what it computed of others", () => {
    const { scheduler, submit, commit } = schedulerOf({ longPrefillThreshold: 8 });
    const a = submit(0, { promptTokenIds: ids(20) });
    commit(scheduler.schedule(0)!);
    const b = submit(1);
    scheduler.rollback(scheduler.schedule(0)!, 0, new Error("x"));
    expect([
      a.state,
      a.computedTokenCount,
      a.pendingCount,
      b.state,
      b.computedTokenCount,
      scheduler.stats().heldBlocks,
    ]).toEqual(["running", 8, 0, "waiting", 0, 2]);
    expect([scheduler.inFlightCount, a.failureCount, b.failureCount]).toEqual([0, 1, 1]);
  });

  test("takes back the plan behind, too, and blames the one that failed alone", () => {
    const { scheduler, submit } = schedulerOf({ tokenBudget: 6 });
    const [a, b] = [submit(0), submit(1)];
    const first = scheduler.schedule(0)!;
    scheduler.schedule(0);
    scheduler.rollback(first, 0, new Error("x"));
    expect([scheduler.inFlightCount, a.state, b.state, a.failureCount, b.failureCount, a.pendingCount]).toEqual([
      0,
      "waiting",
      "waiting",
      1,
      0,
      0,
    ]);
    expect([scheduler.stats().heldBlocks, scheduler.kv.prefixes.tree.size]).toEqual([0, 0]);
  });

  test("never uses a plan's number again, and reads the samples of the plan that stays in flight", () => {
    const { scheduler, submit, commit } = schedulerOf();
    submit(0);
    const first = scheduler.schedule(0)!;
    const second = scheduler.schedule(0)!;
    scheduler.rollback(second, 0);
    const third = scheduler.schedule(0)!;
    expect([first.index, second.index, third.index, third.tokenIds[0]]).toEqual([0, 1, 2, ~0]);
    commit(first);
    expect(() => commit(second)).toThrow("commit of plan 1: the oldest in flight is 2");
    commit(third);
  });

  test("makes the next plan name the whole tables of every running request", () => {
    const { scheduler, submit, commit } = schedulerOf();
    submit(0, { promptTokenIds: ids(9), maxTokens: 20 });
    commit(scheduler.schedule(0)!);
    const failed = scheduler.schedule(0)!;
    expect(failed.groups[0].changeCount).toBe(0);
    scheduler.rollback(failed, 0);
    const { changes, changeCount } = scheduler.schedule(0)!.groups[0];
    expect([changeCount, ...changes.subarray(0, 3)]).toEqual([1, 0, 0, 3]);
  });

  test("ends a request that failed alone once too often, with the cause", () => {
    const { scheduler, submit } = schedulerOf({ maxFailures: 2 });
    const request = submit(0);
    const cause = new Error("x");
    for (let i = 0; i < 2; i++) scheduler.rollback(scheduler.schedule(0)!, 0, cause);
    expect([request.finishReason, request.error]).toEqual([
      "error",
      new StepFailedError("2 steps of request 0 failed in a row, the last with it alone"),
    ]);
    expect(request.error!.cause).toBe(cause);
  });

  test("forgets failures with a step that succeeds", () => {
    const { scheduler, submit, commit } = schedulerOf();
    const request = submit(0);
    scheduler.rollback(scheduler.schedule(0)!, 0);
    expect(request.failureCount).toBe(1);
    commit(scheduler.schedule(0)!);
    expect(request.failureCount).toBe(0);
  });

  test("of a lost device counts no failure", () => {
    const { scheduler, submit } = schedulerOf({ tokenBudget: 3 });
    const request = submit(0);
    for (let i = 0; i < 2; i++) scheduler.schedule(0);
    scheduler.invalidateDevice(0);
    expect([scheduler.inFlightCount, request.failureCount, request.state, scheduler.stats().heldBlocks]).toEqual([
      0,
      0,
      "waiting",
      0,
    ]);
  });

  test("tries suspects alone, and others wait meanwhile", () => {
    const { scheduler, submit } = schedulerOf({ maxFailures: 2 });
    for (const id of [0, 1]) submit(id);
    for (let i = 0; i < 2; i++) scheduler.rollback(scheduler.schedule(0)!, 0);
    expect(rowsOf(scheduler.schedule(0))).toEqual([[0, 6]]);
    expect([scheduler.schedule(0), scheduler.idleReason]).toEqual([null, "in-flight"]);
  });
});

describe("Suspects", () => {
  test("are tried in the order of their failures, a running request before one that waits", () => {
    const suspects = new Suspects(2);
    const [a, b] = [sequenceOf(0), sequenceOf(1)];
    expect([suspects.blame(a, 2), suspects.blame(b, 2), suspects.next()]).toEqual([false, false, undefined]);
    expect([suspects.blame(a, 2), suspects.blame(b, 2), suspects.next()]).toEqual([false, false, a]);
    b.become("running");
    expect(suspects.next()).toBe(b);
  });

  test("are culprits once they fail alone too often", () => {
    const suspects = new Suspects(3);
    const request = sequenceOf(0);
    expect([1, 1, 1].map((company) => suspects.blame(request, company))).toEqual([false, false, true]);
    expect(suspects.next()).toBeUndefined();
  });

  test("are none once they ended or were paused", () => {
    const suspects = new Suspects(1);
    const requests = [0, 1].map((order) => sequenceOf(order));
    for (const request of requests) suspects.blame(request, 3);
    requests[0].become("finished");
    requests[1].become("paused");
    expect([suspects.next(), suspects.areFailing]).toEqual([undefined, true]);
  });
});
