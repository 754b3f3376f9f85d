import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { InvalidPolicyError } from "../../src/errors.ts";
import { DecisionLog } from "../../src/scheduler/inspect/decision-log.ts";
import { ids, rowsOf, schedulerOf } from "../support/scheduler-of.ts";

const ANY = { name: "any", missingBlocks: () => 0 };

/** Two requests that hold 2 blocks each, and want one more; the pool has 4 or so. */
function fullPool(blockCount: number) {
  const decisionLog = new DecisionLog(64);
  const driven = schedulerOf({ blockCount, admission: ANY, decisionLog, contextLength: 12 });
  const requests = [0, 1].map((id) => driven.submit(id, { promptTokenIds: ids(8, id) }));
  driven.step();
  const plan = driven.scheduler.schedule(3);
  return {
    ...driven,
    requests,
    plan,
    decisions: [...decisionLog].filter(({ kind }) => kind === "preempt" || kind === "defer"),
  };
}

describe("an allotment", () => {
  test("gives decodes their token first, prompts what is left, in order", () => {
    const { scheduler, submit, step } = schedulerOf({ tokenBudget: 12, maxRequests: 8, blockCount: 60 });
    submit(0, { maxTokens: 20 });
    submit(1, { maxTokens: 20 });
    step();
    submit(2, { promptTokenIds: ids(30, 2) });
    submit(3, { promptTokenIds: ids(9, 3) });
    expect(rowsOf(scheduler.schedule(0))).toEqual([
      [0, 1],
      [1, 1],
      [2, 10],
    ]);
  });

  test("lets decodes take turns where the budget is smaller than they are", () => {
    let tokens = 16;
    const { scheduler, submit, step, commit } = schedulerOf({
      budget: { name: "shrinking", maxTokens: 16, tokens: () => tokens },
    });
    for (const id of [0, 1, 2]) submit(id, { promptTokenIds: ids(3, id), maxTokens: 20 });
    step();
    tokens = 2;
    const served: unknown[] = [];
    for (let i = 0; i < 3; i++) {
      const plan = scheduler.schedule(0)!;
      served.push(rowsOf(plan)!.map((row) => (row as unknown[])[0]));
      commit(plan);
    }
    expect(served.map((each) => (each as number[]).toSorted((a, b) => a - b))).toEqual([
      [0, 1],
      [0, 2],
      [1, 2],
    ]);
  });

  test("gives a prompt no more at a time than the threshold", () => {
    const { submit, step } = schedulerOf({ longPrefillThreshold: 5 });
    submit(0, { promptTokenIds: ids(20) });
    submit(1, { promptTokenIds: ids(9, 1) });
    expect([step(), step()]).toEqual([
      [5, 5],
      [5, 4],
    ]);
  });

  test("takes a victim's blocks for the request in need; a step that preempted lets none in", () => {
    const { requests, scheduler, plan, decisions } = fullPool(4);
    expect(requests.map(({ state, preemptionCount }) => [state, preemptionCount])).toEqual([
      ["running", 0],
      ["preempted", 1],
    ]);
    expect([rowsOf(plan), scheduler.stats().preemptions]).toEqual([[[0, 1]], 1]);
    expect(decisions).toEqual([{ kind: "preempt", now: 3, plan: 1, request: 1, value: 8, reason: null }]);
  });

  test("stalls a request that would have to make room for itself: it keeps what it has, until there is a block", () => {
    const { requests, scheduler, plan, decisions, commit, waitsFor } = fullPool(5);
    expect([rowsOf(plan), requests[1].state, scheduler.stats().preemptions]).toEqual([[[0, 1]], "running", 0]);
    expect([waitsFor(1), decisions]).toEqual([
      { reason: "stalled", missingBlocks: 1 },
      [{ kind: "defer", now: 3, plan: 1, request: 1, value: 1, reason: "stalled" }],
    ]);
    commit(plan!);
    scheduler.abort(0, 0);
    expect([rowsOf(scheduler.schedule(0)), waitsFor(1)]).toEqual([[[1, 1]], null]);
  });

  test.each([-1, 17])("finds out a chunk policy that gives %s of 16", (chunk) => {
    const { scheduler, submit } = schedulerOf({ chunking: { name: "odd", chunk: () => chunk } });
    submit(0, { promptTokenIds: ids(16) });
    expect(() => scheduler.schedule(0)).toThrow(
      new InvalidPolicyError(`chunk policy odd gave ${chunk} of 16 tokens, 16 remain and no other request takes any`),
    );
  });

  test("keeps the budget and the blocks, whatever the prompts", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 6 }),
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 8, max: 16 }),
        (lengths, tokenBudget, blockCount) => {
          const { scheduler, submit, commit } = schedulerOf({
            tokenBudget,
            blockCount,
            maxRequests: 6,
            contextLength: 30,
          });
          for (const [id, length] of lengths.entries()) submit(id, { promptTokenIds: ids(length, id) });
          for (let plan = scheduler.schedule(0); plan !== null; plan = scheduler.schedule(0)) {
            expect(plan.tokenCount).toBeLessThanOrEqual(tokenBudget);
            expect(scheduler.kv.pool.freeCount).toBeGreaterThanOrEqual(0);
            commit(plan);
            scheduler.checkInvariants();
          }
          expect(scheduler.size).toBe(0);
        },
      ),
    );
  });
});
