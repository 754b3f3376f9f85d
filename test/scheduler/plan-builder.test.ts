import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { KvCache } from "../../src/blocks/kv-cache.ts";
import { lru } from "../../src/policies/eviction/lru.ts";
import type { Entry } from "../../src/scheduler/entry.ts";
import { PlanBuilder } from "../../src/scheduler/plan-builder.ts";
import { StepRecord } from "../../src/scheduler/step-record.ts";
import { checkColumns } from "../../src/testing/column-laws.ts";
import { entryOf, ids } from "../support/scheduler-parts.ts";

const PROMPT = 50;

/** A builder, and requests that it is told about as the scheduler does it. */
class Bench {
  readonly kv: KvCache;
  readonly builder: PlanBuilder;
  readonly record: StepRecord;
  readonly entries: Entry[] = [];
  #made = 0;

  constructor(groups: readonly { readonly window: number | null }[] = [{ window: null }]) {
    this.kv = new KvCache({ blockCount: 400, blockSize: 4, groups, eviction: lru() });
    this.builder = new PlanBuilder(this.kv, { maxTokens: 60, maxRequests: 6, blockCount: 400, hostBlockCount: 0, blockSize: 4, groupCount: groups.length });
    this.record = new StepRecord(this.builder.columns, 6);
  }

  enter(): Entry {
    const order = this.#made++;
    const entry = entryOf(order, { promptTokenIds: ids(PROMPT, order), sampling: { temperature: order, seed: order }, adapterId: order % 3, maxTokens: 10 });
    entry.sequence = this.kv.open({ maxTokens: 60, domain: this.kv.prefixes.domains.acquire("", 0), cacheable: false });
    entry.slot = 100 + order;
    this.entries.push(entry);
    return entry;
  }

  leave(entry: Entry): void {
    this.builder.leave(entry);
    this.kv.clear(entry.sequence!);
    this.entries.splice(this.entries.indexOf(entry), 1);
  }

  place(entry: Entry, chunk: number): void {
    entry.chunk = chunk;
    const gained = this.kv.extend(entry.sequence!, entry.computedTokenCount + chunk, this.record.journal);
    entry.computedTokenCount += chunk;
    entry.sampleCount = entry.computedTokenCount === entry.tokenCount ? 1 : 0;
    this.builder.place(entry, gained);
  }

  /** Builds, and compares every column with what the placed requests are. */
  build(placed: readonly Entry[]): void {
    this.builder.build(this.record);
    const { plan, requests, tokens, samples } = this.record;
    const rows = requests.slice(0, plan.requestCount);
    expect(new Set(rows)).toEqual(new Set(placed));
    expect([plan.requestCount, plan.tokenCount, plan.sampleCount]).toEqual([placed.length, placed.reduce((sum, { chunk }) => sum + chunk, 0), placed.reduce((sum, { sampleCount }) => sum + sampleCount, 0)]);
    expect([...tokens.subarray(0, rows.length)]).toEqual(rows.map(({ chunk }) => chunk));
    expect(samples.slice(0, plan.sampleCount)).toEqual(rows.filter((entry) => entry.sampleCount > 0));
    expect([plan.queryIndptr[0], plan.queryIndptr[rows.length], plan.sampleIndptr[0], plan.sampleIndptr[rows.length]]).toEqual([0, plan.tokenCount, 0, plan.sampleCount]);
    for (const [row, entry] of rows.entries()) this.#checkRow(row, entry);
  }

  #checkRow(row: number, entry: Entry): void {
    const { plan } = this.record;
    const [from, to] = [plan.queryIndptr[row], plan.queryIndptr[row + 1]];
    const start = entry.computedTokenCount - entry.chunk;
    expect([plan.requestSlots[row], plan.adapterIds[row], plan.contextLengths[row], entry.row, to - from]).toEqual([entry.slot, entry.adapterId, entry.computedTokenCount, row, entry.chunk]);
    expect([...plan.positions.subarray(from, to)]).toEqual(Array.from({ length: entry.chunk }, (_, i) => start + i));
    expect([...plan.tokenIds.subarray(from, to)]).toEqual([...entry.tokens.subarray(start, entry.computedTokenCount)]);
    if (entry.sampleCount > 0) expect(plan.sampleRows[plan.sampleIndptr[row]]).toBe(to - 1);
    checkColumns(plan, row, entry, entry.sampleCount > 0 ? [entry] : [], 4);
  }
}

describe("PlanBuilder", () => {
  test("rows stay where they are from step to step", () => {
    const bench = new Bench();
    const [a, b, c] = [bench.enter(), bench.enter(), bench.enter()];
    for (const entry of [a, b, c]) bench.place(entry, 3);
    bench.build([a, b, c]);
    for (const entry of [c, a, b]) bench.place(entry, 1);
    bench.build([a, b, c]);
    expect([a.row, b.row, c.row, bench.builder.rowCount]).toEqual([0, 1, 2, 3]);
    bench.leave(a);
    for (const entry of [c, b]) bench.place(entry, 1);
    bench.build([b, c]);
    expect([a.row, b.row, c.row]).toEqual([-1, 0, 1]);
  });

  test("one that sits a step out comes back at the end", () => {
    const bench = new Bench();
    const [a, b] = [bench.enter(), bench.enter()];
    for (const entry of [a, b]) bench.place(entry, 5);
    bench.build([a, b]);
    bench.place(b, 1);
    bench.build([b]);
    for (const entry of [a, b]) bench.place(entry, 1);
    bench.build([a, b]);
    expect([b.row, a.row]).toEqual([0, 1]);
  });

  test("a token that is still on the device is the sample of the last plan", () => {
    const bench = new Bench();
    const [a, b] = [bench.enter(), bench.enter()];
    bench.place(a, 3);
    bench.place(b, PROMPT);
    bench.build([a, b]);
    b.pendingCount = 1;
    b.chunk = 1;
    b.computedTokenCount++;
    b.sampleCount = 1;
    bench.builder.place(b, bench.kv.extend(b.sequence!, PROMPT + 1, bench.record.journal));
    bench.builder.build(bench.record);
    expect([bench.record.plan.tokenIds[0], bench.record.plan.positions[0]]).toEqual([~0, PROMPT]);
  });

  test("a table whose blocks were replaced is written again", () => {
    const bench = new Bench();
    const entry = bench.enter();
    bench.place(entry, 6);
    bench.build([entry]);
    const sibling = bench.kv.fork(entry.sequence!);
    bench.kv.unshare(entry.sequence!, 6, bench.record.journal);
    bench.place(entry, 1);
    bench.build([entry]);
    expect(bench.record.plan.copyCount).toBe(1);
    bench.kv.settle(bench.record.journal);
    bench.kv.clear(sibling);
  });

  test("forgotten rows are made anew", () => {
    const bench = new Bench();
    const [a, b] = [bench.enter(), bench.enter()];
    for (const entry of [a, b]) bench.place(entry, 5);
    bench.build([a, b]);
    bench.builder.reset();
    expect([a.row, b.row, bench.builder.rowCount]).toEqual([-1, -1, 0]);
    for (const entry of [b, a]) bench.place(entry, 2);
    bench.build([a, b]);
    expect([b.row, a.row]).toEqual([0, 1]);
  });

  const groups = { "one group": [{ window: null }], "a window": [{ window: 6 }], "two groups": [{ window: null }, { window: 3 }] };

  test.each(Object.entries(groups))("%s: every column equals a rebuild after any program", (_name, given) => {
    const chunks = fc.array(fc.constantFrom(0, 1, 1, 1, 2, 7), { minLength: 6, maxLength: 6 });
    const step = fc.record({ enter: fc.nat(2), leave: fc.option(fc.nat(5)), chunks, reset: fc.integer({ min: 0, max: 9 }), slide: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 25 }), (program) => {
        const bench = new Bench(given);
        for (const { enter, leave, chunks: wanted, reset, slide } of program) {
          for (let i = 0; i < enter && bench.entries.length < 6; i++) bench.enter();
          if (leave !== null && leave < bench.entries.length) bench.leave(bench.entries[leave]);
          if (reset === 0) bench.builder.reset();
          if (slide) for (const { sequence, computedTokenCount } of bench.entries) bench.kv.slide(sequence!, computedTokenCount);
          const placed = bench.entries.filter((entry, i) => wanted[i] > 0 && entry.computedTokenCount + wanted[i] <= PROMPT);
          for (const entry of placed) bench.place(entry, wanted[bench.entries.indexOf(entry)]);
          bench.build(placed);
        }
      }),
      { numRuns: 150 },
    );
  });
});
