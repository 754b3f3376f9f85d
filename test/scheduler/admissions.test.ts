import { describe, expect, test } from "vitest";
import { fcfs } from "../../src/policies/queue/fcfs.ts";
import type { RequestView } from "../../src/request.ts";
import { ids, schedulerParts } from "../support/scheduler-parts.ts";

/** Admits into a step of so many tokens. */
function admit({ admissions, share, plans }: ReturnType<typeof schedulerParts>, budget = 16): void {
  share.begin(budget);
  admissions.admit(plans.open(), 0);
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
    expect([parts.roster.waiting.next(0), entries[1].deferral]).toEqual([entries[1], { reason: "adapters", limit: 1 }]);
  });

  test("count what the prefix cache gave, and what has to be computed again", () => {
    const parts = schedulerParts();
    const entry = parts.add(0, { promptTokenIds: ids(12) });
    parts.step();
    expect(parts.counters).toEqual({ cachedTokens: 0, recomputedTokens: 0 });
    entry.preemptionCount++;
    parts.roster.requeue(entry, 0);
    parts.residents.compact();
    entry.pendingCount = 0;
    admit(parts);
    expect(parts.counters).toEqual({ cachedTokens: 11, recomputedTokens: 1 });
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
});
