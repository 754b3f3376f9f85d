import { describe, expect, test } from "vitest";
import type { Entry } from "../../src/scheduler/entry.ts";
import { ids, schedulerParts } from "../support/scheduler-parts.ts";

/** What a request that wants in is told; the step has this many tokens. */
function fit({ residents, share, journal }: ReturnType<typeof schedulerParts>, entry: Entry, budget = 16) {
  share.begin(budget);
  return residents.fit(entry, share, journal);
}

describe("Residents", () => {
  test("lets one in that fits, with the tokens that the step has for it", () => {
    const parts = schedulerParts();
    const entry = parts.add(0, { promptTokenIds: ids(20) });
    expect([fit(parts, entry), entry.chunk, parts.share.remaining]).toEqual([null, 16, 0]);
    parts.residents.enter(entry, parts.plans.open());
    expect(entry).toMatchObject({ state: "running", computedTokenCount: 16, inFlightCount: 16, pendingCount: 0, sampleCount: 0, admittedBy: 0, isPrefill: true });
    expect([entry.slot, entry.tokens.length, parts.kv.pool.heldCount, parts.residents.running]).toEqual([0, entry.maxLength, 4, [entry]]);
  });

  test("the last chunk of a prompt samples", () => {
    const parts = schedulerParts();
    const entry = parts.add(0);
    fit(parts, entry);
    parts.residents.enter(entry, parts.plans.open());
    expect(entry).toMatchObject({ sampleCount: 1, pendingCount: 1, isPrefill: false, gap: 1 });
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

  test("takes the cached beginning in, all but the last token", () => {
    const parts = schedulerParts();
    const first = parts.add(0, { promptTokenIds: ids(12) });
    parts.step();
    parts.residents.leave(first, "finished");
    const second = parts.add(1, { promptTokenIds: ids(12) });
    expect([fit(parts, second), second.cachedTokenCount, second.computedTokenCount, second.chunk]).toEqual([null, 11, 11, 1]);
  });

  test("who leaves gives blocks, slot and row back at once, and is gone after compact", () => {
    const parts = schedulerParts();
    const [a, b] = [parts.add(0), parts.add(1)];
    parts.step();
    parts.residents.leave(a, "preempted");
    expect(a).toMatchObject({ state: "preempted", slot: -1, row: -1, computedTokenCount: 0, inFlightCount: 0, stay: 1, isPrefill: false });
    expect(parts.kv.pool.heldCount).toBe(2);
    parts.residents.compact();
    expect(parts.residents.running).toEqual([b]);
  });

  test("who shares its last block with a sibling gets a copy before it writes", () => {
    const parts = schedulerParts();
    const entry = parts.add(0);
    parts.step();
    const sibling = parts.kv.fork(entry.sequence!);
    const [, shared] = sibling.tables[0].ids;
    const { copyCount, copies } = parts.step();
    const [, own] = entry.sequence!.tables[0].ids;
    expect([copyCount, [...copies.subarray(0, 2)], own === shared, entry.sequence!.forked]).toEqual([1, [shared, own], false, false]);
  });

  test("retract takes a failed plan's tokens and blocks back", () => {
    const parts = schedulerParts();
    const entry = parts.add(0, { promptTokenIds: ids(20) });
    parts.step(9);
    parts.step(8);
    parts.residents.retract(entry, 8);
    expect([entry.computedTokenCount, entry.inFlightCount, entry.isPrefill, parts.kv.pool.heldCount]).toEqual([9, 9, true, 3]);
  });

  test("knows when all that run are decodes that are sure of their blocks", () => {
    const parts = schedulerParts({ blockCount: 6 });
    parts.add(0);
    parts.step(4);
    expect(parts.residents.areDecodes).toBe(false);
    parts.step(4);
    expect(parts.residents.areDecodes).toBe(true);
    while (parts.kv.pool.freeCount > 1) parts.kv.pool.acquire();
    expect(parts.residents.areDecodes).toBe(false);
  });

  test("issueDecodes gives each decode its token", () => {
    const parts = schedulerParts();
    const [a, b] = [parts.add(0), parts.add(1)];
    parts.step();
    parts.share.begin(16);
    parts.residents.issueDecodes(parts.share, parts.journal);
    expect([a.computedTokenCount, b.computedTokenCount, a.pendingCount, parts.share.remaining]).toEqual([7, 7, 2, 14]);
  });

  test("shows admission policies the pool", () => {
    const parts = schedulerParts({ groups: [{ window: null }, { window: 4 }] });
    const entry = parts.add(0, { promptTokenIds: ids(20) });
    parts.step(8);
    const { residents } = parts;
    expect([residents.blockCount, residents.blockSize, residents.groupCount, residents.availableBlocks, residents.contextLength]).toEqual([20, 4, 2, 16, 60]);
    expect([residents.promisedBlocks, residents.heldBlocks(entry), residents.blocksFor(20)]).toEqual([6, 4, 7]);
  });
});
