import { describe, expect, test } from "vitest";
import { fcfs } from "../../src/policies/queue/fcfs.ts";
import type { RequestView } from "../../src/request.ts";
import type { StepOutcome } from "../../src/scheduler/outcome.ts";
import { ids, schedulerOf } from "../support/scheduler-of.ts";

function read({ tokenCount, requests, tokenIds, sampleIndices, finishedCount, finished }: StepOutcome) {
  return {
    tokens: Array.from({ length: tokenCount }, (_, i) => [requests[i].id, tokenIds[i], sampleIndices[i]]),
    finished: finished.slice(0, finishedCount).map(({ id }) => id),
  };
}

/** A scheduler; `commit` takes the oldest plan's samples. */
function committing(options: Parameters<typeof schedulerOf>[0] = {}) {
  const driven = schedulerOf(options);
  return {
    ...driven,
    commit: (plan: Parameters<typeof driven.commit>[0], ...samples: number[]) =>
      read(driven.scheduler.commit(plan, { tokenIds: Int32Array.from(samples) }, 0)),
  };
}

describe("a commit", () => {
  test("delivers each sample to its request", () => {
    const { scheduler, submit, commit } = committing({ tokenBudget: 14 });
    const [a, b] = [submit(0), submit(1, { promptTokenIds: ids(10, 1) })];
    expect(commit(scheduler.schedule(0)!, 71)).toEqual({ tokens: [[0, 71, 0]], finished: [] });
    expect([a.tokenCount, a.pendingCount, a.inFlightCount, b.tokenCount, b.inFlightCount]).toEqual([7, 0, 0, 10, 0]);
    expect(commit(scheduler.schedule(0)!, 72, 81).tokens).toEqual([
      [0, 72, 0],
      [1, 81, 1],
    ]);
    expect([a.outputTokenIds(), b.outputTokenIds()]).toEqual([[71, 72], [81]]);
  });

  test("ends a request with its last token, or with a stop id", () => {
    const { scheduler, submit, commit } = committing();
    const [a, b] = [submit(0, { maxTokens: 1 }), submit(1, { stopTokenIds: [5, 6] })];
    expect(commit(scheduler.schedule(0)!, 9, 6)).toEqual({
      tokens: [
        [0, 9, 0],
        [1, 6, 1],
      ],
      finished: [0, 1],
    });
    expect([a.finishReason, b.finishReason, scheduler.stats().finished, scheduler.stats().heldBlocks]).toEqual([
      "length",
      "stop",
      2,
      0,
    ]);
  });

  test("ignores the row of a request that ended, and takes the last token of one that waits again", () => {
    const { scheduler, submit, commit } = committing();
    const [, b] = [submit(0), submit(1)];
    const plan = scheduler.schedule(0)!;
    scheduler.abort(0, 0);
    scheduler.pause(1, 0);
    expect(commit(plan, 7, 8).tokens).toEqual([[1, 8, 1]]);
    expect([b.tokenCount, b.pendingCount, b.state]).toEqual([7, 0, "paused"]);
  });

  test("indexes a block that became full with the delivered token under the next plan, which computes it", () => {
    const { scheduler, submit, commit } = committing();
    submit(0, { promptTokenIds: ids(7) });
    const plan = scheduler.schedule(0)!;
    const behind = scheduler.schedule(0)!;
    expect(scheduler.kv.prefixes.tree.size).toBe(1);
    commit(plan, 7);
    expect(scheduler.kv.prefixes.tree.size).toBe(2);
    scheduler.rollback(behind, 0);
    expect(scheduler.kv.prefixes.tree.size).toBe(1);
  });

  test("takes as many drafts as the request draws itself, and one token more", () => {
    const drafter = { name: "fixed", propose: () => [1, 2, 9] };
    const { scheduler, submit, commit } = committing({ drafter });
    const request = submit(0, { maxTokens: 20 });
    commit(scheduler.schedule(0)!, 5);
    const plan = scheduler.schedule(0)!;
    expect([plan.tokenCount, plan.sampleCount]).toEqual([4, 4]);
    expect(commit(plan, 1, 2, 3, 4).tokens.map(([, id]) => id)).toEqual([1, 2, 3]);
    expect([
      request.computedTokenCount,
      request.tokenCount,
      request.draftedTokenCount,
      request.acceptedTokenCount,
    ]).toEqual([9, 10, 3, 2]);
    expect(scheduler.stats()).toMatchObject({ draftedTokens: 3, acceptedTokens: 2 });
  });

  test("begins choices with the prompt's last token, on the same blocks", () => {
    const { scheduler, submit, commit } = committing();
    submit("a", { n: 3, promptTokenIds: ids(8) });
    expect(commit(scheduler.schedule(0)!, 1, 2, 3).tokens.map(([, id]) => id)).toEqual([1, 2, 3]);
    expect([scheduler.stats().running, scheduler.stats().heldBlocks]).toEqual([3, 2]);
  });

  test("tells the queue policy what was produced", () => {
    const charged: unknown[] = [];
    const queue = Object.assign(fcfs(), {
      charge: (request: RequestView, prompt: number, output: number) => charged.push([request.id, prompt, output]),
    });
    const { scheduler, submit, commit } = committing({ queue });
    submit(0);
    for (let i = 0; i < 2; i++) commit(scheduler.schedule(0)!, 7);
    expect(charged).toEqual([
      [0, 6, 0],
      [0, 0, 1],
      [0, 0, 1],
    ]);
  });

  test("gives the token back of a request that another's end took along", () => {
    const { scheduler, submit, commit } = committing({ onEnd: ({ id }) => id === 0 && scheduler.abort(1, 0) });
    const [, second] = [submit(0, { maxTokens: 3 }), submit(1, { maxTokens: 9 })];
    for (let i = 0; i < 2; i++) commit(scheduler.schedule(0)!, 7, 8);
    expect(commit(scheduler.schedule(0)!, 7, 8)).toEqual({ tokens: [[0, 7, 0]], finished: [0] });
    expect(second.outputTokenIds()).toEqual([8, 8]);
  });
});
