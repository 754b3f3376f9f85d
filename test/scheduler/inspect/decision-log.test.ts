import { describe, expect, test } from "vitest";
import { InvalidOptionError } from "../../../src/errors.ts";
import { DecisionLog } from "../../../src/scheduler/inspect/decision-log.ts";
import { ids, schedulerOf } from "../../support/scheduler-of.ts";

describe("DecisionLog", () => {
  test("keeps what was noted, as it was", () => {
    const log = new DecisionLog(3);
    log.note("submit", 0.5, 2, "a", 7);
    log.note("defer", 1, 3, 9, 4, "blocks");
    expect([...log]).toEqual([
      { kind: "submit", now: 0.5, plan: 2, request: "a", value: 7, reason: null },
      { kind: "defer", now: 1, plan: 3, request: 9, value: 4, reason: "blocks" },
    ]);
  });

  test("overwrites the oldest, and goes on counting", () => {
    const log = new DecisionLog(3);
    for (let i = 0; i < 8; i++) log.note("chunk", i, i, i, i);
    expect([[...log].map(({ value }) => value), log.count]).toEqual([[5, 6, 7], 8]);
  });

  test.each([0, -1, 1.5, Number.NaN])("refuses a capacity of %s", (capacity) => {
    expect(() => new DecisionLog(capacity)).toThrow(
      new InvalidOptionError(`the decision log's capacity must be an integer in [1, 16777216], got ${capacity}`),
    );
  });

  test("has every decision of a scheduler, in order", () => {
    const decisionLog = new DecisionLog(100);
    const { scheduler, submit, step } = schedulerOf({ decisionLog, blockCount: 4, maxRequests: 3, maxFailures: 1 });
    for (const id of [0, 1]) submit(id, { promptTokenIds: ids(8, id), maxTokens: 2 });
    submit(2);
    step(1);
    step(2);
    scheduler.rollback(scheduler.schedule(3)!, 3);
    scheduler.abort(2, 4);
    const lines = [...decisionLog].map(({ kind, request, value, reason }) =>
      [kind, request, value, reason].filter((each) => each !== null).join(" "),
    );
    expect(lines.slice(0, 8)).toEqual([
      "submit 0 8",
      "submit 1 8",
      "submit 2 6",
      "admit 0 0",
      "defer 1 1 blocks",
      "issue 8",
      "chunk 0 8",
      "commit 1",
    ]);
    expect(lines).toContain("rollback 1");
    expect(lines.at(-1)).toBe("end 2 0 abort");
  });

  test("of preemptions and evictions, too", () => {
    const decisionLog = new DecisionLog(1000);
    const { submit, step } = schedulerOf({
      decisionLog,
      blockCount: 8,
      admission: { name: "any", missingBlocks: () => 0 },
    });
    for (const id of [0, 1, 2, 3]) submit(id, { maxTokens: 12 });
    for (let i = 0; i < 60; i++) step(i);
    const kinds = new Set([...decisionLog].map(({ kind }) => kind));
    expect([kinds.has("preempt"), kinds.has("evict")]).toEqual([true, true]);
  });
});
