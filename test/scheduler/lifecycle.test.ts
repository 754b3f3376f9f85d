import { describe, expect, test } from "vitest";
import { InvalidRequestError, QueueFullError, TimeoutError } from "../../src/errors.ts";
import { lru } from "../../src/policies/eviction/lru.ts";
import type { Request } from "../../src/request.ts";
import { ids, schedulerOf } from "../support/scheduler-of.ts";

describe("a request's life", () => {
  test("begins in the queue, in a domain of its salt and adapter", () => {
    const { scheduler, submit } = schedulerOf();
    const request = submit(0, { cacheSalt: "s", adapterId: 3 });
    const { domains } = scheduler.kv.prefixes;
    expect([
      scheduler.requests,
      scheduler.stats().waiting,
      domains.salt(request.domain),
      domains.adapterId(request.domain),
    ]).toEqual([[request], 1, "s", 3]);
  });

  test("does not begin with an id in use, nor where too many wait; nothing changes then", () => {
    const { scheduler, submit } = schedulerOf({ maxWaitingRequests: 1 });
    submit("a");
    expect(() => submit("a")).toThrow(new InvalidRequestError("id a is in use by a request that has not ended"));
    expect(() => submit("b")).toThrow(new QueueFullError("1 requests are waiting, the limit is 1"));
    expect([scheduler.size, scheduler.stats().waiting, scheduler.kv.prefixes.domains.size]).toEqual([1, 1, 1]);
  });

  test("stands still while it is paused, in any state", () => {
    const { scheduler, submit, step } = schedulerOf({ maxRequests: 1 });
    const [runs, waits] = [submit(0), submit(1)];
    step();
    for (const id of [0, 1]) scheduler.pause(id, 0);
    expect([
      runs.state,
      waits.state,
      scheduler.stats().paused,
      scheduler.stats().waiting,
      scheduler.stats().heldBlocks,
    ]).toEqual(["paused", "paused", 2, 0, 0]);
    for (const id of [0, 1]) scheduler.resume(id, 0);
    expect([runs.state, waits.state, scheduler.stats().paused, scheduler.stats().waitingTokens]).toEqual([
      "preempted",
      "waiting",
      0,
      13,
    ]);
  });

  test("leaves cached blocks that are retained for its duration; of a request that holds none, nothing", () => {
    const retained: (readonly number[])[] = [];
    const eviction = { ...lru(), retain: (...told: readonly number[]) => void retained.push(told) };
    const { scheduler, submit, step } = schedulerOf({ eviction });
    const retention = { priority: 80, duration: 5 };
    submit(0, { retention, promptTokenIds: ids(10) });
    submit(1);
    submit(2, { retention });
    step();
    const [table] = scheduler.blockTables(0)!;
    for (const id of [0, 1]) scheduler.finish(id, "length", 10);
    scheduler.pause(2, 10);
    scheduler.abort(2, 10);
    expect(retained).toEqual([
      [table[0], 80, 15],
      [table[1], 80, 15],
    ]);
  });

  test.each(["waiting", "running", "paused"])("ends once from %s, and tells", (state) => {
    const told: Request[] = [];
    const { scheduler, submit, step } = schedulerOf({ onEnd: (request) => told.push(request) });
    const request = submit(0);
    if (state === "running") step();
    if (state === "paused") scheduler.pause(0, 0);
    const error = new Error("x");
    for (let i = 0; i < 2; i++) scheduler.fail(0, error, 0);
    expect([request.state, request.finishReason, request.error, told]).toEqual(["finished", "error", error, [request]]);
    expect(scheduler.stats()).toMatchObject({ waiting: 0, paused: 0, running: 0, heldBlocks: 0, failed: 1 });
  });

  test("is counted by the reason of its end", () => {
    const { scheduler, submit } = schedulerOf();
    for (const [id, reason] of (["stop", "length", "abort"] as const).entries()) {
      submit(id);
      scheduler.finish(id, reason, 0);
    }
    expect(scheduler.stats()).toMatchObject({ finished: 2, aborted: 1, failed: 0 });
  });

  test("ends with its deadline in any state, the soonest first", () => {
    const ends: unknown[] = [];
    const { scheduler, submit, step } = schedulerOf({
      maxRequests: 1,
      onEnd: ({ id, error }) => ends.push([id, error]),
    });
    for (const [id, deadline] of [20, 10, 30].entries()) submit(id, { deadline, maxTokens: 40 });
    step();
    expect(scheduler.nextWakeAt).toBe(10);
    step(9);
    expect(ends).toEqual([]);
    step(20);
    expect(ends).toEqual([
      [1, new TimeoutError("request 1: deadline 10 has passed, it is 20")],
      [0, new TimeoutError("request 0: deadline 20 has passed, it is 20")],
    ]);
    expect([scheduler.nextWakeAt, scheduler.size]).toEqual([30, 1]);
  });

  test("ends with its queue timeout where it never ran, and not where it did", () => {
    const ends: unknown[] = [];
    const { scheduler, submit, step } = schedulerOf({
      maxRequests: 1,
      onEnd: ({ id, error }) => ends.push([id, error?.message]),
    });
    submit(0, { queueTimeout: 5, maxTokens: 40 });
    submit(1, { queueTimeout: 5, deadline: 50 });
    step();
    scheduler.pause(0, 0);
    scheduler.resume(0, 0);
    step(5);
    expect([ends, scheduler.nextWakeAt]).toEqual([
      [[1, "request 1: queue timeout at 5 has passed, it is 5"]],
      Number.POSITIVE_INFINITY,
    ]);
  });

  test("of several choices may end with the end of another", () => {
    const ended: number[] = [];
    const { scheduler, submit } = schedulerOf({
      onEnd: ({ id, choice }) => {
        ended.push(choice);
        scheduler.abort(id, 0);
      },
    });
    submit("a", { n: 3 });
    scheduler.abort("a", 0);
    expect([ended.toSorted((a, b) => a - b), scheduler.size]).toEqual([[0, 1, 2], 0]);
  });

  test("goes on for the followers of a leader that is paused: the first of them computes the prompt for the others", () => {
    const { scheduler, submit, waitsFor } = schedulerOf();
    submit("a", { n: 3 });
    expect(scheduler.explain("a", 2)?.waitsFor).toEqual({ reason: "sibling" });
    scheduler.pause("a", 0, 0);
    expect([scheduler.explain("a", 1)?.waitsFor, scheduler.explain("a", 2)?.waitsFor, waitsFor("a")]).toEqual([
      { reason: "behind" },
      { reason: "sibling" },
      null,
    ]);
  });

  test("of a branch waits for a plan of its own where its parent has tokens in flight", () => {
    const { scheduler, submit, commit } = schedulerOf({ tokenBudget: 4 });
    submit("beam", { branches: true, maxTokens: 9 });
    for (let i = 0; i < 2; i++) commit(scheduler.schedule(0)!);
    scheduler.pause("beam", 0);
    scheduler.resume("beam", 0);
    scheduler.resetPrefixCache();
    scheduler.schedule(0);
    const branch = scheduler.branch("beam", 0, { choice: 1, tokenId: 5 }, 0);
    expect([branch.state, branch.computedTokenCount]).toEqual(["preempted", 0]);
  });
});
