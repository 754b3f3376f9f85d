import { describe, expect, test } from "vitest";
import { fcfs } from "../../src/policies/queue/fcfs.ts";
import type { RequestView } from "../../src/request.ts";
import type { Entry } from "../../src/scheduler/entry.ts";
import { ids, schedulerParts } from "../support/scheduler-parts.ts";

/** Admits into a step of so many tokens. */
function admit({ admissions, share, plans }: ReturnType<typeof schedulerParts>, budget = 16): void {
  share.begin(budget);
  admissions.admit(plans.open(), 0);
}

/** What a request that wants in is told; the step has this many tokens. */
function fit({ admissions, share, plans }: ReturnType<typeof schedulerParts>, entry: Entry, budget = 16) {
  share.begin(budget);
  return admissions.fit(entry, plans.open());
}

describe("Admissions", () => {
  test("come in the order of the queue while there are tokens, the last with what is left", () => {
    const parts = schedulerParts();
    const entries = [0, 1, 2, 3].map((order) => parts.add(order));
    admit(parts);
    expect(entries.map(({ state, chunk }) => [state, chunk])).toEqual([["running", 6], ["running", 6], ["running", 4], ["waiting", 0]]);
    expect([parts.share.remaining, parts.roster.waiting.size, entries[3].deferral]).toEqual([0, 1, null]);
  });

  test("end with the first that does not fit, and it knows why", () => {
    const parts = schedulerParts({ blockCount: 6 });
    const entries = [[8], [16], [1]].map(([length], order) => parts.add(order, { promptTokenIds: ids(length, order) }));
    admit(parts, 60);
    expect(entries.map(({ state, deferral }) => [state, deferral])).toEqual([["running", null], ["waiting", { reason: "blocks", missingBlocks: 1 }], ["waiting", null]]);
  });

  test("pass over one that only lacks a place for its adapter, and it keeps its place", () => {
    const parts = schedulerParts({ maxAdapters: 1 });
    const entries = [1, 2, 0, 1].map((adapterId, order) => parts.add(order, { adapterId, promptTokenIds: ids(2, order) }));
    admit(parts);
    expect(entries.map(({ state }) => state)).toEqual(["running", "waiting", "running", "running"]);
    expect([[...parts.roster.waiting.parked], entries[1].deferral]).toEqual([[[2, [entries[1]]]], { reason: "adapters", limit: 1 }]);
  });

  test("count what the prefix cache gave", () => {
    const parts = schedulerParts();
    const entry = parts.add(0, { promptTokenIds: ids(12) });
    parts.step();
    expect(parts.counters).toEqual({ cachedTokens: 0, lookedUpTokens: 12 });
    entry.preemptionCount++;
    parts.roster.requeue(entry, 0);
    parts.residents.compact();
    entry.pendingCount = 0;
    admit(parts);
    expect(parts.counters).toEqual({ cachedTokens: 11, lookedUpTokens: 24 });
  });

  test("show a queue policy how much of a request is cached", () => {
    let cachedTokens: ((request: RequestView) => number) | undefined;
    const queue = Object.assign(fcfs(), { attach: (view: { cachedTokens: typeof cachedTokens }) => (cachedTokens = view.cachedTokens) });
    const parts = schedulerParts({ queue });
    parts.add(0, { promptTokenIds: ids(12) });
    parts.step();
    const seen = [{}, { skipPrefixCache: true }, { cacheSalt: "x" }, { promptTokenIds: ids(6, 9) }].map((input, i) => cachedTokens!(parts.add(1 + i, { promptTokenIds: ids(12), ...input })));
    expect(seen).toEqual([11, 0, 0, 0]);
  });

  test.each<[string, Parameters<typeof schedulerParts>[0], (parts: ReturnType<typeof schedulerParts>) => unknown, object]>([
    ["a last token in flight", {}, (parts) => (parts.add(5).pendingCount = 1), { reason: "in-flight" }],
    ["a place among the running", { maxRequests: 1 }, (parts) => (parts.add(0), parts.step(), parts.add(5)), { reason: "requests", limit: 1 }],
    ["a place for its adapter", { maxAdapters: 1 }, (parts) => (parts.add(0, { adapterId: 1 }), parts.step(), parts.add(5, { adapterId: 2 })), { reason: "adapters", limit: 1 }],
    ["blocks above the watermark", { blockCount: 4 }, (parts) => (parts.add(0), parts.step(), parts.add(5, { promptTokenIds: ids(8, 5) })), { reason: "blocks", missingBlocks: 1 }],
  ])("says that one lacks %s", (_name, options, prepare, deferral) => {
    const parts = schedulerParts(options);
    prepare(parts);
    const entry = parts.roster.entries.of(5)[0];
    const before = [parts.kv.pool.heldCount, parts.residents.running.length];
    expect(fit(parts, entry)).toEqual(deferral);
    expect([parts.kv.pool.heldCount, parts.residents.running.length, entry.state, entry.computedTokenCount, parts.share.remaining]).toEqual([...before, "waiting", 0, 16]);
  });

  test("a prompt that cannot be whole waits where no more may be partial, and one that can does not", () => {
    const parts = schedulerParts({ maxPartialPrefills: 1 });
    parts.add(0, { promptTokenIds: ids(30) });
    parts.step(8);
    expect(fit(parts, parts.add(1, { promptTokenIds: ids(20, 1) }))).toEqual({ reason: "partial-prefills", limit: 1 });
    expect(fit(parts, parts.add(2))).toBeNull();
  });

  test("long prompts have a limit of their own", () => {
    const parts = schedulerParts({ maxLongPartialPrefills: 1, longPrefillThreshold: 10 });
    parts.add(0, { promptTokenIds: ids(30) });
    parts.step(8);
    expect(fit(parts, parts.add(1, { promptTokenIds: ids(20, 1) }), 5)).toMatchObject({ reason: "partial-prefills" });
    expect(fit(parts, parts.add(2, { promptTokenIds: ids(10, 2) }), 5)).toBeNull();
  });

  test("adapter 0 is none, and an adapter that runs already is no new one", () => {
    const parts = schedulerParts({ maxAdapters: 1 });
    parts.add(0, { adapterId: 7 });
    parts.step();
    expect([fit(parts, parts.add(1)), fit(parts, parts.add(2, { adapterId: 7 }))]).toEqual([null, null]);
  });

  test("where nothing runs the watermark is ignored", () => {
    const parts = schedulerParts({ blockCount: 5 });
    expect(fit(parts, parts.add(0, { promptTokenIds: ids(20), maxTokens: 1 }), 20)).toBeNull();
  });
});
