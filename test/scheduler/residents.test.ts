import { describe, expect, test } from "vitest";
import type { Entry } from "../../src/scheduler/entry.ts";
import { ids, schedulerParts } from "../support/scheduler-parts.ts";

/** Gives a request its chunk in a step of 16 tokens. */
function fit({ admissions, share, plans }: ReturnType<typeof schedulerParts>, entry: Entry) {
  share.begin(16);
  return admissions.fit(entry, plans.open());
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

  test("takes the cached beginning in, all but the last token", () => {
    const parts = schedulerParts();
    const first = parts.add(0, { promptTokenIds: ids(12) });
    parts.step();
    parts.residents.leave(first, "finished");
    const second = parts.add(1, { promptTokenIds: ids(12) });
    expect([fit(parts, second), second.matchedTokenCount, second.computedTokenCount, second.chunk]).toEqual([null, 11, 11, 1]);
  });

  test("who leaves gives blocks, slot and row back at once, and is gone after compact", () => {
    const parts = schedulerParts();
    const [a, b] = [parts.add(0), parts.add(1)];
    parts.step();
    parts.residents.leave(a, "preempted");
    expect(a).toMatchObject({ state: "preempted", slot: -1, row: -1, computedTokenCount: 0, inFlightCount: 0, stay: -1, isPrefill: false });
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

  test("knows when all that run are sure of their blocks: a decode of one, prompts of the budget's, and of as many for equals", () => {
    const parts = schedulerParts({ blockCount: 6 });
    parts.add(0);
    parts.step(4);
    expect([parts.residents.isRoomy(4), parts.residents.isRoomy(8)]).toEqual([true, false]);
    parts.step(4);
    expect(parts.residents.isRoomy(1000)).toBe(true);
    while (parts.kv.pool.freeCount > 1) parts.kv.pool.acquire();
    expect(parts.residents.isRoomy(1000)).toBe(false);
  });

  test("issueAtOnce gives each decode its token, and prompts what is left", () => {
    const parts = schedulerParts();
    const [a, b] = [parts.add(0), parts.add(1)];
    const prompt = parts.add(2, { promptTokenIds: ids(30, 9) });
    parts.step();
    expect(prompt.computedTokenCount).toBe(4);
    parts.share.begin(16);
    parts.residents.issueAtOnce(parts.share, parts.plans.open());
    expect([a.computedTokenCount, b.computedTokenCount, a.pendingCount, prompt.computedTokenCount, parts.share.remaining]).toEqual([7, 7, 2, 18, 0]);
  });

  test("counts tokens that are computed again: those that a committed plan had computed, as they are issued", () => {
    const parts = schedulerParts();
    const entry = parts.add(0, { promptTokenIds: ids(30), skipPrefixCache: true });
    const plan = parts.step();
    parts.settlement.commit(plan, { tokenIds: new Int32Array(0) }, 0);
    const second = parts.step(7);
    // The second step's tokens are in flight, and were never there.
    parts.roster.requeue(entry, 0);
    parts.residents.compact();
    expect(parts.residents.recomputedTokens).toBe(0);
    const again = parts.step(10);
    expect(parts.residents.recomputedTokens).toBe(10);
    for (const done of [second, again]) parts.settlement.commit(done, { tokenIds: new Int32Array(1) }, 0);
    parts.share.begin(16);
    parts.residents.issueAtOnce(parts.share, parts.plans.open());
    expect(parts.residents.recomputedTokens).toBe(16);
  });

  test("counts what it promised once a step, newcomers included", () => {
    const parts = schedulerParts({ blockCount: 40 });
    parts.add(0, { promptTokenIds: ids(30) });
    parts.step(9);
    expect(parts.residents.promisedBlocks).toBe(5);
    parts.add(1, { promptTokenIds: ids(20, 7) });
    const entry = parts.roster.entries.of(1)[0];
    expect(fit(parts, entry)).toBeNull();
    parts.residents.enter(entry, parts.plans.open());
    expect(parts.residents.promisedBlocks).toBe(6);
    parts.residents.compact();
    expect(parts.residents.promisedBlocks).toBe(6);
  });

  test("shows admission policies the pool", () => {
    const parts = schedulerParts({ groups: [{ window: null }, { window: 4 }] });
    const entry = parts.add(0, { promptTokenIds: ids(20) });
    parts.step(8);
    const { residents } = parts;
    expect([residents.blockCount, residents.blockSize, residents.groupCount, residents.availableBlocks, residents.contextLength]).toEqual([20, 4, 2, 16, 60]);
    expect([residents.promisedBlocks, residents.heldBlocks(entry), residents.blocksFor(20)]).toEqual([5, 4, 7]);
  });
});
