import { describe, expect, test } from "vitest";
import { InvalidRequestError, QueueFullError, TimeoutError } from "../../src/errors.ts";
import { lru } from "../../src/policies/eviction/lru.ts";
import type { Request } from "../../src/request.ts";
import { entryOf, ids, schedulerOf, schedulerParts } from "../support/scheduler-parts.ts";

describe("Roster", () => {
  test("a new request waits, in a domain of its salt and adapter", () => {
    const { roster, add, kv } = schedulerParts();
    const entry = add(0, { cacheSalt: "s", adapterId: 3 });
    expect([roster.entries.of(0)[0], roster.waiting.size, kv.prefixes.domains.salt(entry.domain), kv.prefixes.domains.adapterId(entry.domain)]).toEqual([entry, 1, "s", 3]);
  });

  test("refuses an id in use, and one more than may wait, with nothing changed", () => {
    const { roster, add, kv } = schedulerParts({ maxWaitingRequests: 1 });
    add(0, { id: "a" });
    expect(() => roster.assertNew("a")).toThrow(new InvalidRequestError("id a is in use by a request that has not ended"));
    expect(() => roster.add(entryOf(1), [], 0)).toThrow(new QueueFullError("1 requests are waiting, the limit is 1"));
    expect([roster.entries.size, roster.waiting.size, kv.prefixes.domains.size]).toEqual([1, 1, 1]);
  });

  test("pauses and resumes in any state, and keeps count", () => {
    const { roster, add, step, residents, kv } = schedulerParts({ maxRequests: 1 });
    const [runs, waits] = [add(0), add(1)];
    step();
    for (const entry of [runs, waits]) roster.pause(entry, 0);
    residents.compact();
    expect([runs.state, waits.state, roster.pausedCount, roster.waiting.size, kv.pool.heldCount]).toEqual(["paused", "paused", 2, 0, 0]);
    for (const entry of [runs, waits]) roster.resume(entry, 0);
    expect([runs.state, waits.state, roster.pausedCount, roster.waiting.size]).toEqual(["waiting", "waiting", 0, 2]);
  });

  test("of one that ends, what is cached of its blocks is retained, until its duration is over; of one that holds none, nothing", () => {
    const retained: (readonly number[])[] = [];
    const eviction = { ...lru(), retain: (...told: readonly number[]) => void retained.push(told) };
    const { roster, add, step, residents, kv } = schedulerParts({ eviction });
    const retention = { priority: 80, duration: 5 };
    const [runs, plain, waits] = [add(0, { retention, promptTokenIds: ids(10) }), add(1), add(2, { retention })];
    step();
    const table = [...runs.sequence!.tables[0].ids.subarray(0, 3)];
    expect(table.map((block) => kv.pool.labelOf(block) !== 0)).toEqual([true, true, false]);
    for (const entry of [runs, plain]) roster.end(entry, "length", null, 10);
    roster.pause(waits, 10);
    roster.end(waits, "abort", null, 10);
    residents.compact();
    expect(retained).toEqual([[table[0], 80, 15], [table[1], 80, 15]]);
  });

  test("one that has produced tokens waits as preempted", () => {
    const { roster, add, step } = schedulerParts();
    const entry = add(0);
    step();
    entry.append(7);
    roster.requeue(entry, 0);
    expect([entry.state, roster.waiting.tokenCount]).toEqual(["preempted", 7]);
  });

  test.each(["waiting", "running", "paused"])("ends one that is %s, once, and tells", (state) => {
    const told: Request[] = [];
    const { roster, add, step, residents, kv } = schedulerParts({ onEnd: (request) => told.push(request) });
    const entry = add(0);
    if (state === "running") step();
    if (state === "paused") roster.pause(entry, 0);
    const error = new Error("x");
    roster.end(entry, "error", error, 0);
    residents.compact();
    expect([entry.state, entry.finishReason, entry.error, told]).toEqual(["finished", "error", error, [entry]]);
    expect([roster.entries.size, roster.waiting.size, roster.pausedCount, residents.running.length, kv.pool.heldCount, roster.failed]).toEqual([0, 0, 0, 0, 0, 1]);
  });

  test("counts ends by their reason", () => {
    const { roster, add } = schedulerParts();
    for (const [i, reason] of (["stop", "length", "abort", "error"] as const).entries()) roster.end(add(i), reason, null, 0);
    expect([roster.finished, roster.aborted, roster.failed]).toEqual([2, 1, 1]);
  });

  test("ends those whose deadline has passed, in whatever state, soonest first", () => {
    const ends: unknown[] = [];
    const { roster, add, step } = schedulerParts({ maxRequests: 1, onEnd: ({ id, error }) => ends.push([id, error]) });
    add(0, { deadline: 20 });
    add(1, { deadline: 10 });
    add(2, { deadline: 30 });
    step();
    expect(roster.nextExpiry).toBe(10);
    roster.expire(9);
    expect(ends).toEqual([]);
    roster.expire(20);
    expect(ends).toEqual([
      [1, new TimeoutError("request 1: deadline 10 has passed, it is 20")],
      [0, new TimeoutError("request 0: deadline 20 has passed, it is 20")],
    ]);
    expect([roster.nextExpiry, roster.entries.size]).toEqual([30, 1]);
  });

  test("a queue timeout ends a request that never ran, and none that did", () => {
    const ends: unknown[] = [];
    const { roster, add, step } = schedulerParts({ maxRequests: 1, onEnd: ({ id, error }) => ends.push([id, (error as Error).message]) });
    const runs = add(0, { queueTimeout: 5 });
    add(1, { queueTimeout: 5, deadline: 50 });
    step();
    roster.requeue(runs, 0);
    roster.expire(5);
    expect(ends).toEqual([[1, "request 1: queue timeout at 5 has passed, it is 5"]]);
    expect(roster.nextExpiry).toBe(Number.POSITIVE_INFINITY);
  });

  test("one that ended otherwise does not expire", () => {
    const { roster, add } = schedulerParts();
    roster.end(add(0, { deadline: 10, promptTokenIds: ids(3) }), "abort", null, 1);
    expect(roster.nextExpiry).toBe(Number.POSITIVE_INFINITY);
    roster.expire(11);
    expect(roster.failed).toBe(0);
  });
});

test("whoever ends one choice may end the others while it does", () => {
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
