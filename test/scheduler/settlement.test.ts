import { describe, expect, test } from "vitest";
import { InvalidLogitsError, StepFailedError } from "../../src/errors.ts";
import { SAMPLE_NOT_FINITE } from "../../src/step.ts";
import { fcfs } from "../../src/policies/queue/fcfs.ts";
import type { RequestView } from "../../src/request.ts";
import { ids, schedulerParts } from "../support/scheduler-parts.ts";

type Parts = ReturnType<typeof schedulerParts>;

/** Commits the oldest plan with these samples. */
function commit({ settlement, plans }: Parts, ...samples: number[]): void {
  const oldest = { ...plans.newest!.plan, index: plans.newest!.plan.index - plans.count + 1 };
  settlement.commit(oldest, { tokenIds: new Int32Array(samples) }, 0);
}

function outcomeOf({ settlement: { outcome } }: Parts) {
  const { tokenCount, requests, tokenIds, sampleIndices, finishedCount, finished } = outcome;
  return { tokens: Array.from({ length: tokenCount }, (_, i) => [requests[i].id, tokenIds[i], sampleIndices[i]]), finished: finished.slice(0, finishedCount).map(({ id }) => id) };
}

describe("a commit", () => {
  test("delivers each sample to its request, and keeps what the plan indexed", () => {
    const parts = schedulerParts();
    const [a, b] = [parts.add(0), parts.add(1, { promptTokenIds: ids(10, 1) })];
    parts.step(14);
    commit(parts, 71);
    expect(outcomeOf(parts)).toEqual({ tokens: [[0, 71, 0]], finished: [] });
    expect([a.tokenCount, a.lastToken, a.pendingCount, a.inFlightCount, b.tokenCount, b.inFlightCount]).toEqual([7, 71, 0, 0, 10, 0]);
    parts.step();
    commit(parts, 72, 81);
    expect(outcomeOf(parts).tokens).toEqual([[0, 72, 0], [1, 81, 1]]);
  });

  test("ends a request whose logits mean no token, and no other", () => {
    const parts = schedulerParts();
    const [a, b] = [parts.add(0), parts.add(1)];
    parts.step();
    const { plan } = parts.plans.newest!;
    parts.settlement.commit(plan, { tokenIds: Int32Array.of(3, 4), sampleFlags: Uint8Array.of(SAMPLE_NOT_FINITE, 0) }, 0);
    expect([a.finishReason, a.error, a.outputTokenCount]).toEqual(["error", new InvalidLogitsError("request 0: logits after token 6 are NaN or infinite"), 0]);
    expect([b.finishReason, b.lastToken, outcomeOf(parts).tokens]).toEqual([null, 4, [[1, 4, 1]]]);
    expect(parts.residents.running).toEqual([b]);
  });

  test("ends a request with its last token, or with a stop id", () => {
    const parts = schedulerParts();
    const [a, b] = [parts.add(0, { maxTokens: 1 }), parts.add(1, { stopTokenIds: [5, 6] })];
    parts.step();
    commit(parts, 9, 6);
    expect([outcomeOf(parts), a.finishReason, b.finishReason]).toEqual([{ tokens: [[0, 9, 0], [1, 6, 1]], finished: [0, 1] }, "length", "stop"]);
    expect([parts.roster.finished, parts.residents.running, parts.kv.pool.heldCount]).toEqual([2, [], 0]);
  });

  test("ignores the row of a request that ended, and takes the last token of one that waits again", () => {
    const parts = schedulerParts();
    const [a, b] = [parts.add(0), parts.add(1)];
    parts.step();
    parts.roster.end(a, "abort", null, 0);
    parts.roster.requeue(b, 0);
    parts.residents.compact();
    commit(parts, 7, 8);
    expect([outcomeOf(parts).tokens, b.tokenCount, b.pendingCount, b.state]).toEqual([[[1, 8, 1]], 7, 0, "waiting"]);
  });

  test("a success clears the failures before it", () => {
    const parts = schedulerParts();
    const entry = parts.add(0);
    entry.failureCount = 2;
    parts.step();
    commit(parts, 7);
    expect(entry.failureCount).toBe(0);
  });

  test("indexes a block that became full with the delivered token under the next plan, which computes it", () => {
    const parts = schedulerParts();
    const entry = parts.add(0, { promptTokenIds: ids(7) });
    parts.step();
    parts.step();
    expect(entry.sequence!.indexedBlocks).toBe(1);
    commit(parts, 7);
    expect([entry.sequence!.indexedBlocks, parts.plans.newest!.journal.indexed.length]).toEqual([2, 2]);
  });

  test("tells the queue policy what was produced", () => {
    const charged: unknown[] = [];
    const queue = Object.assign(fcfs(), { charge: (request: RequestView, prompt: number, output: number) => charged.push([request.id, prompt, output]) });
    const charging = schedulerParts({ queue });
    charging.add(0);
    charging.step();
    commit(charging, 7);
    expect(charged).toEqual([[0, 6, 0], [0, 0, 1]]);
  });
});

describe("a rollback", () => {
  test("sends back what the plan admitted, and takes back what it computed of others", () => {
    const parts = schedulerParts();
    const [a, b] = [parts.add(0, { promptTokenIds: ids(20) }), parts.add(1)];
    parts.step(8);
    commit(parts);
    parts.step(16);
    parts.settlement.rollback(parts.plans.newest!.plan, 0, new Error("x"));
    parts.residents.compact();
    expect([a.state, a.computedTokenCount, a.pendingCount, b.state, b.computedTokenCount, parts.kv.pool.heldCount]).toEqual(["running", 8, 0, "waiting", 0, 2]);
    expect([parts.plans.count, a.failureCount, b.failureCount]).toEqual([0, 1, 1]);
  });

  test("takes back the plan behind, too, and blames the one that failed alone", () => {
    const parts = schedulerParts();
    const [a, b] = [parts.add(0), parts.add(1)];
    parts.step(6);
    parts.step(16);
    const first = { ...parts.plans.newest!.plan, index: 0 };
    parts.settlement.rollback(first, 0, new Error("x"));
    expect([parts.plans.count, a.state, b.state, a.failureCount, b.failureCount, a.pendingCount]).toEqual([0, "waiting", "waiting", 1, 0, 0]);
    expect([parts.kv.pool.heldCount, parts.kv.prefixes.tree.size]).toEqual([0, 0]);
  });

  test("ends one that failed alone once too often", () => {
    const parts = schedulerParts({ maxFailures: 2 });
    const entry = parts.add(0);
    const cause = new Error("x");
    for (const failures of [1, 2]) {
      parts.step();
      parts.settlement.rollback(parts.plans.newest!.plan, 0, cause);
      parts.builder.reset();
      parts.residents.compact();
      expect(entry.failureCount).toBe(failures);
    }
    expect([entry.finishReason, entry.error]).toEqual(["error", new StepFailedError("2 steps of request 0 failed in a row, the last with it alone")]);
    expect(entry.error!.cause).toBe(cause);
  });

  test("takeBackAll is nobody's failure", () => {
    const parts = schedulerParts();
    const entry = parts.add(0);
    parts.step(3);
    parts.step(3);
    parts.settlement.takeBackAll(0);
    expect([parts.plans.count, entry.failureCount, entry.state, parts.kv.pool.heldCount]).toEqual([0, 0, "waiting", 0]);
  });
});
