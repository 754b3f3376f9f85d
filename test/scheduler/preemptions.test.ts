import { describe, expect, test } from "vitest";
import { DecisionLog } from "../../src/scheduler/decision-log.ts";
import { Preemptions } from "../../src/scheduler/preemptions.ts";
import { Urgency } from "../../src/scheduler/urgency.ts";
import { ids, schedulerParts } from "../support/scheduler-parts.ts";

/** Two requests that hold 2 blocks each, and want one more; the pool has 4 or so. */
function fullPool(options: Parameters<typeof schedulerParts>[0] = {}) {
  const decisionLog = new DecisionLog(8);
  const parts = schedulerParts({ blockCount: 4, admission: { name: "any", missingBlocks: () => 0 }, decisionLog, ...options });
  const entries = [0, 1].map((order) => parts.add(order, { promptTokenIds: ids(8, order) }));
  parts.settlement.commit(parts.step(), { tokenIds: new Int32Array([5, 6]) }, 0);
  const counters = { preemptions: 0 };
  const preemptions = new Preemptions({ kv: parts.kv, roster: parts.roster, share: parts.share, counters, plans: parts.plans, options: parts.resolved, urgency: new Urgency(parts.resolved.preemption), admissions: parts.admissions });
  parts.share.begin(16);
  preemptions.planRunning(3);
  return { ...parts, entries, counters, decision: [...decisionLog].at(-1) };
}

describe("Preemptions", () => {
  test("the victim makes room for the one in need, and is counted and noted", () => {
    const { entries, counters, share, decision } = fullPool();
    expect(entries.map(({ state, preemptionCount }) => [state, preemptionCount])).toEqual([["running", 0], ["preempted", 1]]);
    expect(entries[0].chunk).toBe(1);
    expect([counters.preemptions, share.preempted, share.mayAdmit]).toEqual([1, true, false]);
    expect(decision).toEqual({ kind: "preempt", now: 3, plan: 1, request: 1, value: 8, reason: null });
  });

  test("who would have to make room for itself goes without, and keeps what it has", () => {
    const { entries, counters, share, decision } = fullPool({ blockCount: 5 });
    expect(entries.map(({ state, chunk, deferral }) => [state, chunk, deferral?.reason])).toEqual([["running", 1, undefined], ["running", 0, "stalled"]]);
    expect([counters.preemptions, share.preempted, share.mayAdmit, entries[1].sequence!.capacity]).toEqual([0, false, false, 8]);
    expect(decision).toEqual({ kind: "defer", now: 3, plan: 1, request: 1, value: 1, reason: "stalled" });
  });
});
