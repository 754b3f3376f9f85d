import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { InvalidPolicyError } from "../../src/errors.ts";
import type { Entry } from "../../src/scheduler/entry.ts";
import { ids, schedulerParts } from "../support/scheduler-parts.ts";

/** Running requests with so many tokens to compute each, and the share of the next step. */
function running(gaps: readonly number[], options: Parameters<typeof schedulerParts>[0] = {}) {
  const parts = schedulerParts({ maxRequests: 8, blockCount: 100, ...options });
  const entries = gaps.map((gap, order) => {
    const entry = parts.add(order, { promptTokenIds: ids(gap + 4, order), maxTokens: 5 });
    entry.sequence = parts.kv.open({ maxTokens: 60, domain: entry.domain, cacheable: false });
    parts.kv.extend(entry.sequence, 4, parts.journal);
    entry.computedTokenCount = 4;
    return entry;
  });
  return { ...parts, entries };
}

const chunksOf = (entries: readonly Entry[]): number[] => entries.map(({ chunk }) => chunk);

describe("StepShare", () => {
  test("decodes have their token first, prompts what is left, in order", () => {
    const { share, entries } = running([20, 1, 9, 1]);
    share.begin(16);
    expect([share.plan(entries), chunksOf(entries)]).toEqual([undefined, [14, 1, 0, 1]]);
    expect([share.tokenCount, share.remaining, share.decodeCount]).toEqual([16, 0, 2]);
  });

  test("a budget smaller than the decodes gives it to the first of them", () => {
    const { share, entries } = running([1, 1, 1, 5]);
    share.begin(2);
    expect([share.plan(entries), chunksOf(entries)]).toEqual([undefined, [1, 1, 0, 0]]);
  });

  test("a prompt gets no more at a time than the threshold", () => {
    const { share, entries } = running([20, 9], { longPrefillThreshold: 5 });
    share.begin(16);
    share.plan(entries);
    expect(chunksOf(entries)).toEqual([5, 5]);
  });

  test("names the first that needs a block where there is none", () => {
    const { share, entries, kv } = running([1, 1, 1]);
    while (kv.pool.freeCount > 2) kv.pool.acquire();
    share.begin(16);
    expect(share.plan(entries)).toBe(entries[2]);
  });

  test("a prompt takes as much as there are blocks for, and is in need only where it gets nothing", () => {
    const { share, entries, kv } = running([1, 20]);
    while (kv.pool.freeCount > 3) kv.pool.acquire();
    share.begin(30);
    expect([share.plan(entries), chunksOf(entries)]).toEqual([undefined, [1, 8]]);
    while (kv.pool.freeCount > 1) kv.pool.acquire();
    expect(share.plan(entries)).toBe(entries[1]);
  });

  test("who stalls sits out this step, and lets nobody in", () => {
    const { share, entries } = running([1, 3]);
    share.begin(16);
    expect(share.mayAdmit).toBe(true);
    share.stall(entries[0]);
    share.plan(entries);
    expect([chunksOf(entries), share.mayAdmit]).toEqual([[0, 3], false]);
    share.begin(16);
    share.plan(entries);
    expect([chunksOf(entries), share.mayAdmit]).toEqual([[1, 3], true]);
  });

  test("a step that preempted lets nobody in; the next one does", () => {
    const { share } = running([]);
    share.begin(16);
    share.preempted = true;
    expect(share.mayAdmit).toBe(false);
    share.begin(16);
    expect(share.mayAdmit).toBe(true);
  });

  test("one that is tried alone is alone", () => {
    const { share, entries } = running([1, 3, 1]);
    share.begin(16, entries[1]);
    share.plan(entries);
    expect(chunksOf(entries)).toEqual([0, 3, 0]);
  });

  test("one that has all its tokens under way gets no more", () => {
    const { share, entries } = running([1]);
    entries[0].pendingCount = 5;
    share.begin(16);
    share.plan(entries);
    expect([chunksOf(entries), share.tokenCount, share.takeDecode(entries[0])]).toEqual([[0], 0, false]);
  });

  test("takeDecode gives one token while there is budget, and counts all", () => {
    const { share, entries } = running([1, 1]);
    share.begin(1);
    expect([entries.map((entry) => share.takeDecode(entry)), chunksOf(entries), share.remaining, share.decodeCount]).toEqual([[true, false], [1, 0], 0, 2]);
  });

  test("offers a newcomer what fits, and takes nothing before it is taken", () => {
    const { share, add } = running([]);
    const entry = add(9, { promptTokenIds: ids(30, 9) });
    share.begin(16);
    expect([share.offer(entry, 0, 100), share.offer(entry, 8, 2), share.offer(entry, 9, 0), share.offer(entry, 29, 1), share.remaining]).toEqual([16, 8, 3, 1, 16]);
    share.take(7);
    expect([share.remaining, share.tokenCount, share.offer(entry, 0, 100)]).toEqual([9, 7, 9]);
  });

  test.each([-1, 17, 5.5])("a chunk policy that gives %s of 16 is found out", (chunk) => {
    const { share, entries } = running([16], { chunking: { name: "odd", chunk: () => chunk } });
    share.begin(16);
    expect(() => share.plan(entries)).toThrow(new InvalidPolicyError(`chunk policy odd gave ${chunk} of 16 tokens, 16 remain and no other request takes any`));
  });

  test("shares exactly: chunks and remainder are the budget, within every gap and the blocks that are there", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 20 }), { maxLength: 8 }), fc.integer({ min: 1, max: 40 }), fc.nat(12), (gaps, budget, free) => {
        const { share, entries, kv } = running(gaps);
        while (kv.pool.freeCount > free) kv.pool.acquire();
        share.begin(budget);
        if (share.plan(entries) !== undefined) return;
        const chunks = chunksOf(entries);
        expect(chunks.reduce((a, b) => a + b, 0) + share.remaining).toBe(budget);
        expect(chunks.every((chunk, i) => chunk >= 0 && chunk <= gaps[i])).toBe(true);
        const blocks = entries.reduce((sum, { sequence, computedTokenCount, chunk }) => sum + kv.blocksToExtend(sequence!, computedTokenCount + chunk), 0);
        expect(blocks).toBeLessThanOrEqual(free);
      }),
    );
  });
});
