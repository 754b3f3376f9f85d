import { describe, expect, test } from "vitest";
import type { RequestId } from "../../src/request.ts";
import { lru } from "../../src/policies/eviction/lru.ts";
import { priority } from "../../src/policies/eviction/priority.ts";
import { vtc } from "../../src/policies/queue/vtc.ts";
import type { Sequence } from "../../src/scheduler/sequence.ts";
import type { SchedulerOptions } from "../../src/scheduler/options.ts";
import { Scheduler } from "../../src/scheduler/scheduler.ts";
import type { Slots } from "../../src/scheduler/slots.ts";
import type { StepPlan } from "../../src/step.ts";
import { blockAt } from "../../src/step-tables.ts";
import { ids } from "../support/scheduler-of.ts";

/** Whether the request decodes as one of the set. */
function inLane({ home, slot }: Sequence): boolean {
  return home !== null && (home as Slots).decodes(slot);
}

/** A scheduler whose every answer is another token: the first sample's is 100 in its first step, 200 in its second. */
class Decoding {
  readonly scheduler: Scheduler;
  /** What commits told of. */
  readonly told = new Map<RequestId, number[]>();
  readonly #flights: StepPlan[] = [];
  #answers = 0;
  /** Answered in place of the next first sample. */
  answer: number | undefined;

  constructor(options: Partial<SchedulerOptions> = {}) {
    this.scheduler = new Scheduler({
      blockCount: 60,
      blockSize: 4,
      maxRequests: 4,
      tokenBudget: 16,
      eviction: lru(),
      ...options,
    });
  }

  submit(id: RequestId, input: object = {}): Sequence {
    return this.scheduler.submit(
      { id, promptTokenIds: ids(5, typeof id === "number" ? id : 50), maxTokens: 30, ...input },
      0,
    ) as Sequence;
  }

  issue(): StepPlan {
    const plan = this.scheduler.schedule(0)!;
    this.#flights.push(plan);
    return plan;
  }

  commit(): void {
    const plan = this.#flights.shift()!;
    this.#answers += 100;
    const tokenIds = Int32Array.from({ length: plan.sampleCount }, (_, i) => this.#answers + i);
    if (this.answer !== undefined) tokenIds[0] = this.answer;
    this.answer = undefined;
    const outcome = this.scheduler.commit(plan, { tokenIds }, 0);
    for (let i = 0; i < outcome.tokenCount; i++) {
      const { id } = outcome.requests[i];
      this.told.set(id, [...(this.told.get(id) ?? []), outcome.tokenIds[i]]);
    }
  }

  /** So many whole steps. */
  run(steps: number): void {
    for (let i = 0; i < steps; i++) {
      this.issue();
      this.commit();
    }
  }

  rollback(): void {
    this.scheduler.rollback(this.#flights.pop()!, 0);
  }
}

describe("lanes", () => {
  test("a request decodes as one of the set until all its tokens are drawn", () => {
    const decoding = new Decoding();
    const entry = decoding.submit(0, { maxTokens: 4 });
    expect(inLane(entry)).toBe(false);
    decoding.run(1);
    expect(inLane(entry)).toBe(true);
    decoding.issue();
    expect([
      inLane(entry),
      entry.tokenCount,
      entry.computedTokenCount,
      entry.pendingCount,
      entry.inFlightCount,
    ]).toEqual([true, 6, 6, 1, 1]);
    decoding.commit();
    expect([entry.tokenCount, entry.computedTokenCount, entry.pendingCount, entry.outputTokenIds()]).toEqual([
      7,
      6,
      0,
      [100, 200],
    ]);
    decoding.run(1);
    expect([inLane(entry), entry.outputTokenIds()]).toEqual([true, [100, 200, 300]]);
    decoding.issue();
    expect([entry.complete, entry.pendingCount]).toEqual([true, 1]);
    expect(decoding.scheduler.schedule(0)).toBeNull();
    expect(inLane(entry)).toBe(false);
    decoding.commit();
    expect([entry.finishReason, entry.outputTokenIds(), decoding.told.get(0)]).toEqual([
      "length",
      [100, 200, 300, 400],
      [100, 200, 300, 400],
    ]);
    decoding.scheduler.checkInvariants();
  });

  test("ahead, the next input is the sample of the plan before", () => {
    const decoding = new Decoding();
    const [a, b] = [decoding.submit(0), decoding.submit(1)];
    decoding.run(2);
    decoding.issue();
    const ahead = decoding.issue();
    expect([[...ahead.tokenIds.subarray(0, 2)], a.pendingCount, b.computedTokenCount]).toEqual([[~0, ~1], 2, 8]);
    decoding.commit();
    const third = decoding.issue();
    expect([[...third.tokenIds.subarray(0, 2)], [...third.positions.subarray(0, 2)], b.outputTokenIds()]).toEqual([
      [~0, ~1],
      [8, 8],
      [101, 201, 301],
    ]);
  });

  test("blocks begin when they are needed, and full ones are matchable from the step that fills them", () => {
    const decoding = new Decoding();
    const entry = decoding.submit(0);
    const { kv } = decoding.scheduler;
    const state = (): number[] => [
      entry.computedTokenCount,
      kv.pool.heldCount,
      kv.lookup(entry.domain, entry.tokens, entry.tokenCount).tokenCount,
    ];
    decoding.run(3);
    expect(state()).toEqual([7, 2, 4]);
    decoding.run(1);
    expect(state()).toEqual([8, 2, 8]);
    decoding.run(1);
    expect(state()).toEqual([9, 3, 8]);
    // Ahead, the token that fills a block is known with the commit: the next step finds it.
    decoding.issue();
    for (const known of [8, 8, 11, 12]) {
      decoding.issue();
      expect(state()[2]).toBe(known);
      decoding.commit();
    }
    decoding.scheduler.abort(0, 0);
    decoding.commit();
    expect(kv.pool.heldCount).toBe(0);
    decoding.scheduler.checkInvariants();
  });

  test("who leaves while a plan is in flight leaves its full blocks behind", () => {
    const decoding = new Decoding();
    const entry = decoding.submit(0);
    decoding.run(2);
    decoding.issue();
    decoding.issue();
    decoding.commit();
    expect([entry.computedTokenCount, entry.tokenCount]).toEqual([8, 8]);
    decoding.scheduler.abort(0, 0);
    decoding.commit();
    expect(decoding.scheduler.kv.lookup(entry.domain, entry.tokens, 9).tokenCount).toBe(8);
    decoding.scheduler.checkInvariants();
  });

  test("a token that ends the request does, one that only shares its bits does not", () => {
    const decoding = new Decoding();
    const entry = decoding.submit(0, { stopTokenIds: [3, 5] });
    decoding.run(2);
    decoding.answer = 5 + 32;
    decoding.run(1);
    expect([inLane(entry), entry.state]).toEqual([true, "running"]);
    decoding.answer = 3;
    decoding.run(1);
    expect([entry.finishReason, entry.outputTokenIds(), decoding.told.get(0)]).toEqual([
      "stop",
      [100, 200, 37, 3],
      [100, 200, 37, 3],
    ]);
  });

  test("who leaves with tokens in flight keeps those that are known, and gets no more", () => {
    const decoding = new Decoding();
    const [a, b] = [decoding.submit(0), decoding.submit(1)];
    decoding.run(2);
    decoding.issue();
    decoding.issue();
    decoding.scheduler.abort(0, 0);
    decoding.scheduler.pause(1, 0);
    decoding.commit();
    decoding.commit();
    expect([a.outputTokenIds(), decoding.told.get(0), b.outputTokenIds(), b.pendingCount]).toEqual([
      [100, 200],
      [100, 200],
      [101, 201, 301, 401],
      0,
    ]);
    decoding.scheduler.resume(1, 0);
    decoding.run(2);
    expect([b.outputTokenIds().length, decoding.told.get(1)]).toEqual([6, b.outputTokenIds()]);
    decoding.scheduler.checkInvariants();
  });

  test("an end that takes others along while a commit goes on: they are told of nothing more, and nobody of a token twice", () => {
    const decoding = new Decoding({
      onEnd: ({ id }) => {
        if (id !== 0) return;
        decoding.scheduler.abort(1, 0);
        decoding.scheduler.pause(2, 0);
      },
    });
    const entries = [0, 1, 2, 3].map((id) => decoding.submit(id, { stopTokenIds: [77], promptTokenIds: ids(3, id) }));
    decoding.run(4);
    decoding.answer = 77;
    decoding.run(1);
    expect([entries[0].finishReason, entries[1].finishReason, entries[2].state]).toEqual(["stop", "abort", "paused"]);
    expect(entries.map((entry, id) => [id, entry.outputTokenIds()])).toEqual(
      [0, 1, 2, 3].map((id) => [id, decoding.told.get(id)]),
    );
    expect(entries[1].outputTokenIds().length).toBe(4);
    expect(entries[2].outputTokenIds().length).toBe(5);
    decoding.scheduler.checkInvariants();
  });

  test("ahead, a block is matchable, published and retained from the commit that knows its last token", () => {
    const events: string[] = [];
    const eviction = priority();
    const retained: number[] = [];
    eviction.retain = (block) => void retained.push(block);
    const decoding = new Decoding({ eviction, onKvEvent: ({ type }) => void events.push(type) });
    const entry = decoding.submit(0, { promptTokenIds: ids(6), retention: { priority: 90, duration: 1000 } });
    decoding.issue();
    decoding.issue();
    decoding.commit();
    decoding.issue();
    decoding.commit();
    expect([
      entry.tokenCount,
      decoding.scheduler.kv.lookup(entry.domain, entry.tokens, 9).tokenCount,
      events.length,
    ]).toEqual([8, 8, 1]);
    decoding.scheduler.finish(0, "stop", 0);
    expect(retained.length).toBe(2);
    decoding.commit();
    expect(events.length).toBe(2);
  });

  test("after a failed step the older request comes first again, though it had left its lane for its end", () => {
    let tokens = 16;
    const decoding = new Decoding({ budget: { name: "moody", maxTokens: 16, tokens: () => tokens } });
    const old = decoding.submit(0, { maxTokens: 4 });
    decoding.run(2);
    const beam = decoding.submit(1, { branches: true });
    decoding.run(1);
    decoding.issue();
    expect([old.complete, inLane(beam)]).toEqual([true, false]);
    decoding.rollback();
    tokens = 1;
    decoding.run(1);
    expect([old.finishReason, beam.outputTokenCount]).toEqual(["length", 1]);
  });

  test("a failed step puts everybody outside with the counts of before; who failed comes back only when that is over", () => {
    const decoding = new Decoding();
    const entry = decoding.submit(0);
    decoding.run(3);
    decoding.issue();
    decoding.rollback();
    expect([
      inLane(entry),
      entry.tokenCount,
      entry.computedTokenCount,
      entry.pendingCount,
      entry.inFlightCount,
    ]).toEqual([false, 8, 7, 0, 0]);
    decoding.run(1);
    expect(inLane(entry)).toBe(false);
    decoding.run(1);
    expect([inLane(entry), decoding.told.get(0)]).toEqual([true, entry.outputTokenIds()]);
  });

  test.each([
    ["that is drafted for", { drafter: { name: "none", propose: () => [] } }, {}],
    ["that is a beam", {}, { branches: true }],
  ] as const)("no request %s is in a lane", (_, options, input) => {
    const decoding = new Decoding(options);
    const entries = [decoding.submit(0, input), decoding.submit(1, input)];
    for (let i = 0; i < 20; i++) {
      decoding.run(1);
      expect(entries.map(inLane)).toEqual([false, false]);
    }
  });

  test("where blocks become short, requests are decided one by one", () => {
    const decoding = new Decoding({ blockCount: 12 });
    const entries = [decoding.submit(0), decoding.submit(1), decoding.submit(2)];
    decoding.run(3);
    expect(entries.map(inLane)).toEqual([true, true, true]);
    decoding.run(12);
    expect(decoding.scheduler.stats().preemptions).toBeGreaterThan(0);
    expect(entries[0].outputTokenCount).toBe(15);
    decoding.scheduler.checkInvariants();
  });

  test("where a step has not a token for each decode, they are decided one by one until it has", () => {
    let tokens = 16;
    const decoding = new Decoding({ budget: { name: "moody", maxTokens: 16, tokens: () => tokens } });
    const entries = [decoding.submit(0), decoding.submit(1)];
    decoding.run(2);
    tokens = 1;
    decoding.run(2);
    expect(entries.map(({ outputTokenCount }) => outputTokenCount)).toEqual([3, 3]);
    tokens = 2;
    decoding.run(2);
    expect(entries.map((entry) => [inLane(entry), entry.outputTokenCount])).toEqual([
      [true, 5],
      [true, 5],
    ]);
  });

  test("a policy that charges hears of every token", () => {
    const queue = vtc();
    const charged: number[] = [];
    queue.charge = (_, prompt, output) => void charged.push(prompt, output);
    const decoding = new Decoding({ queue });
    decoding.submit(0, { maxTokens: 5 });
    decoding.run(5);
    expect(charged).toEqual([5, 0, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1]);
  });

  test("requests with sliding windows decode as a set, too", () => {
    const decoding = new Decoding({ groups: [{ window: 8 }, { window: null }] });
    const entry = decoding.submit(0);
    decoding.run(20);
    expect([inLane(entry), decoding.told.get(0)]).toEqual([true, entry.outputTokenIds()]);
    expect(decoding.scheduler.blockTables(0)![0].slice(0, 3)).toEqual([-1, -1, -1]);
    decoding.scheduler.checkInvariants();
  });
});

/**
 * Long decodes, so that most steps repeat the one before; now and then something happens that no repetition can show.
 */
describe("repeated steps", () => {
  const make = (): Scheduler =>
    new Scheduler({ blockCount: 200, blockSize: 4, maxRequests: 8, tokenBudget: 32, eviction: lru() });

  test.each([1, 2])(
    "%i in flight: every row reads the token before its position, writes its slot, and sees its whole table",
    (depth) => {
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
              const [group] = plan.groups;
              expect(group.slotMapping[token]).toBe(
                4 * blockAt(group, plan.requestSlots[row], position, 4) + (position % 4),
              );
              if (plan.tokenIds[token] < 0) {
                expect(plan.tokenIds[token]).toBe(~slots.get(`${plan.requestSlots[row]} ${position}`)!);
              }
            }
            // Where the next step finds the token that this one samples.
            if (plan.sampleIndptr[row] < plan.sampleIndptr[row + 1]) {
              slots.set(`${plan.requestSlots[row]} ${plan.contextLengths[row]}`, plan.sampleIndptr[row]);
            }
          }
          const tokenIds = Int32Array.from(
            { length: plan.sampleCount },
            (_, sample) =>
              7 * plan.positions[plan.sampleRows[sample]] + plan.requestSlots[rowOf(plan.sampleIndptr, sample)],
          );
          flights.push({ plan, tokenIds });
        }
        scheduler.checkInvariants();
        if (flights.length === depth || plan === null) {
          const flight = flights.shift();
          if (flight === undefined) continue;
          const outcome = scheduler.commit(flight.plan, flight, now);
          for (let i = 0; i < outcome.tokenCount; i++) {
            answers.get(outcome.requests[i].id as number)!.push(outcome.tokenIds[i]);
          }
        }
      }
      expect([...answers.values()].map((tokens, id) => tokens.length - 5 - id)).toEqual([
        40,
        43,
        46,
        49,
        answers.get(4)!.length - 9,
        55,
      ]);
      for (const tokens of answers.values()) expect(tokens.length).toBeGreaterThan(9);
      expect(scheduler.kv.pool.heldCount).toBe(0);
    },
  );

  function rowOf(indptr: Int32Array, sample: number): number {
    let row = 0;
    while (indptr[row + 1] <= sample) row++;
    return row;
  }
});
