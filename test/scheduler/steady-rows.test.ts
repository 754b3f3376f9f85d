import { describe, expect, test } from "vitest";
import type { RequestInput } from "../../src/request.ts";
import type { Entry } from "../../src/scheduler/entry.ts";
import { lru } from "../../src/policies/eviction/lru.ts";
import { Scheduler } from "../../src/scheduler/scheduler.ts";
import { SteadyRows } from "../../src/scheduler/steady-rows.ts";
import { schedulerParts } from "../support/scheduler-parts.ts";

/** Rows of requests that have taken one step. */
function steadyRows(count: number, input: Partial<RequestInput> = {}) {
  const parts = schedulerParts();
  const rows = Array.from({ length: count }, (_, id) => parts.add(id, { maxTokens: 9 - 3 * id, ...input }));
  parts.step();
  const columns = { rows, inputs: new Int32Array(count), lastSamples: Int32Array.from(rows, (_, row) => 10 + row), contextLengths: Int32Array.from(rows, (entry) => entry.computedTokenCount) };
  const issued: Entry[] = [];
  const steady = new SteadyRows(columns);
  const advance = (): number => steady.advance(count, { issueChunk: (entry) => issued.push(entry) }, parts.journal);
  return { rows, columns, steady, advance, issued };
}

describe("SteadyRows", () => {
  test("changes counts alone where a request writes into its own block and fills none", () => {
    const { rows, columns, steady, advance, issued } = steadyRows(1);
    expect([steady.covers(1, 1), steady.dueAt[0], columns.contextLengths[0]]).toEqual([true, 7, 6]);
    expect(advance()).toBe(1);
    expect(rows[0]).toMatchObject({ computedTokenCount: 7, pendingCount: 2, inFlightCount: 7 });
    expect([columns.inputs[0], columns.contextLengths[0], issued]).toEqual([~10, 7, []]);
    // The next token fills the block.
    expect([advance(), issued]).toEqual([0, rows]);
  });

  test("reads a last token that is on the host", () => {
    const { rows, columns, steady, advance } = steadyRows(1, { skipPrefixCache: true });
    rows[0].pendingCount = 0;
    rows[0].append(77);
    steady.covers(1, 1);
    expect([advance(), columns.inputs[0], rows[0].pendingCount]).toEqual([1, 77, 1]);
  });

  test("a row is always due while its last block may be shared", () => {
    const { rows, steady, advance, issued } = steadyRows(1);
    rows[0].sequence!.forked = true;
    steady.covers(1, 1);
    // A plan that came to nothing left it without tokens.
    rows[0].chunk = 0;
    expect([advance(), issued, rows[0].chunk]).toEqual([0, rows, 1]);
  });

  test("looks at its rows anew after a step of another kind", () => {
    const { rows, steady, advance, issued } = steadyRows(1, { skipPrefixCache: true });
    expect([steady.covers(1, 1), advance()]).toEqual([true, 1]);
    rows[0].sequence!.forked = true;
    steady.forget();
    expect([steady.covers(1, 1), advance(), issued]).toEqual([true, 0, rows]);
  });

  test("lasts until the first request is to have all its tokens, and never holds a serial one", () => {
    const { rows, steady, advance } = steadyRows(2);
    let steps = 0;
    for (; steady.covers(1, 2); steps++) advance();
    // The second may have 6 tokens, of which one is under way.
    expect(steps).toBe(5);
    rows[0].serial = true;
    expect(steady.covers(2, 2)).toBe(false);
  });
});

/** Long decodes, so that most steps repeat the one before; now and then something happens that no repetition can show. */
describe("repeated steps", () => {
  const make = (): Scheduler => new Scheduler({ blockCount: 200, blockSize: 4, maxRequests: 8, tokenBudget: 32, eviction: lru() });

  test.each([1, 2])("%i in flight: every row reads the token before its position, writes its slot, and sees its whole table", (depth) => {
    const scheduler = make();
    const answers = new Map<number, number[]>();
    for (let id = 0; id < 6; id++) {
      const promptTokenIds = Array.from({ length: 5 + id }, (_, i) => 100 * id + i);
      answers.set(id, [...promptTokenIds]);
      scheduler.submit({ id, promptTokenIds, maxTokens: 40 + 3 * id }, 0);
    }
    const flights: { plan: NonNullable<ReturnType<Scheduler["schedule"]>>; tokenIds: Int32Array }[] = [];
    const slots = new Map<string, number>();
    for (let now = 1; scheduler.size > 0; now++) {
      if (now === 20) scheduler.pause(2, now);
      if (now === 33) scheduler.resume(2, now);
      if (now === 27) scheduler.abort(4, now);
      const plan = scheduler.schedule(now);
      if (plan !== null) {
        for (let row = 0; row < plan.requestCount; row++) {
          for (let token = plan.queryIndptr[row]; token < plan.queryIndptr[row + 1]; token++) {
            const position = plan.positions[token];
            const [{ blockIndices, blockIndptr, slotMapping }] = plan.groups;
            expect(blockIndptr[row + 1] - blockIndptr[row]).toBe(Math.ceil(plan.contextLengths[row] / 4));
            expect(slotMapping[token]).toBe(4 * blockIndices[blockIndptr[row] + Math.floor(position / 4)] + (position % 4));
            if (plan.tokenIds[token] < 0) expect(plan.tokenIds[token]).toBe(~slots.get(`${plan.requestSlots[row]} ${position}`)!);
          }
          // Where the next step finds the token that this one samples.
          if (plan.sampleIndptr[row] < plan.sampleIndptr[row + 1]) slots.set(`${plan.requestSlots[row]} ${plan.contextLengths[row]}`, plan.sampleIndptr[row]);
        }
        const tokenIds = Int32Array.from({ length: plan.sampleCount }, (_, sample) => 7 * plan.positions[plan.sampleRows[sample]] + plan.requestSlots[rowOf(plan.sampleIndptr, sample)]);
        flights.push({ plan, tokenIds });
      }
      scheduler.checkInvariants();
      if (flights.length === depth || plan === null) {
        const flight = flights.shift();
        if (flight === undefined) continue;
        const outcome = scheduler.commit(flight.plan, flight, now);
        for (let i = 0; i < outcome.tokenCount; i++) answers.get(outcome.requests[i].id as number)!.push(outcome.tokenIds[i]);
      }
    }
    expect([...answers.values()].map((tokens, id) => tokens.length - 5 - id)).toEqual([40, 43, 46, 49, answers.get(4)!.length - 9, 55]);
    for (const tokens of answers.values()) expect(tokens.length).toBeGreaterThan(9);
    expect(scheduler.kv.pool.heldCount).toBe(0);
  });

  function rowOf(indptr: Int32Array, sample: number): number {
    let row = 0;
    while (indptr[row + 1] <= sample) row++;
    return row;
  }
});
