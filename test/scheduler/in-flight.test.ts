import { expect, test } from "vitest";
import { AssertionError } from "../../src/assert.ts";
import { schedulerOf } from "../support/scheduler-of.ts";

test("two plans are in flight at most; they are committed in order, and have numbers of their own", () => {
  const { scheduler, submit, commit } = schedulerOf();
  submit(0, { maxTokens: 9 });
  const [first, second] = [scheduler.schedule(0)!, scheduler.schedule(0)!];
  expect([first.index, second.index, scheduler.inFlightCount]).toEqual([0, 1, 2]);
  expect(() => scheduler.schedule(0)).toThrow(new AssertionError("2 plans are in flight: commit or roll back first"));
  expect(() => commit(second)).toThrow(new AssertionError("commit of plan 1: the oldest in flight is 0"));
  commit(first);
  commit(second);
  expect(() => commit(second)).toThrow(new AssertionError("commit of plan 1: the oldest in flight is none"));
  expect(() => scheduler.rollback(first, 0)).toThrow(
    new AssertionError("rollback of plan 0: 0 plans are in flight, the next is 2"),
  );
});

test("an outcome stays until the next commit, whatever is planned meanwhile", () => {
  const { scheduler, submit, commit } = schedulerOf();
  const request = submit(0, { maxTokens: 9 });
  for (let i = 0; i < 3; i++) commit(scheduler.schedule(0)!);
  const plan = scheduler.schedule(0)!;
  const outcome = commit(plan);
  submit(1);
  for (let i = 0; i < 2; i++) scheduler.schedule(0);
  expect([outcome.tokenCount, outcome.requests[0], outcome.tokenIds[0], outcome.sampleIndices[0]]).toEqual([
    1,
    request,
    7,
    0,
  ]);
});
