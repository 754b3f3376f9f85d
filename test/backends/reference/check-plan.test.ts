import { describe, expect, test } from "vitest";
import { checkPlan } from "../../../src/backends/reference/check-plan.ts";
import { createReferenceBackend } from "../../../src/backends/reference/index.ts";
import { InvalidRequestError } from "../../../src/errors.ts";
import type { StepPlan } from "../../../src/step.ts";
import { type PlanRow, makePlan, randomModel } from "../../../src/testing/index.ts";

const { info } = createReferenceBackend({
  model: randomModel(1),
  blockCount: 9,
  blockSize: 4,
  maxTokens: 8,
  maxRequests: 2,
});
const FIRST: PlanRow = { slot: 0, tokenIds: [1, 2, 3], position: 4, tables: [[9, 2]], sampled: [2] };
const SECOND: PlanRow = { slot: 1, tokenIds: [5], position: 13, tables: [[4, 3]], firstPositions: [8], sampled: [0] };

/** A plan of two requests with changes. */
function changed(
  change: (plan: StepPlan) => Partial<StepPlan> | void,
  rows: readonly PlanRow[] = [FIRST, SECOND],
): StepPlan {
  const plan = makePlan(0, 4, rows);
  return { ...plan, ...change(plan) };
}

describe("checkPlan", () => {
  test("lets a right plan pass", () => {
    expect(() =>
      checkPlan(
        changed(() => {}),
        info,
      ),
    ).not.toThrow();
    expect(() => checkPlan(makePlan(0, 4, []), info)).not.toThrow();
  });

  test.each<[string, string, (plan: StepPlan) => Partial<StepPlan> | void]>([
    ["tokens", "a step of 9 tokens is over the limit of 8", () => ({ tokenCount: 9 })],
    ["requests", "a step of 3 requests is over the limit of 2", () => ({ requestCount: 3 })],
    ["samples", "a step of 9 samples is over the limit of 8", () => ({ sampleCount: 9 })],
    ["groups", "0 block groups, not 1", () => ({ groups: [] })],
    ["sample rows", "sample 1 is of token row 4 of 4", (plan) => void (plan.sampleRows[1] = 4)],
    ["slots of requests", "request slot 2 is outside 0..1", (plan) => void (plan.requestSlots[1] = 2)],
    ["contexts", "a context of 129 is over the limit of 128", (plan) => void (plan.contextLengths[0] = 129)],
    ["positions", "token 1 has position 6, not 5", (plan) => void (plan.positions[1] = 6)],
    ["slots", "token 3 has slot 14, its table says 13", (plan) => void (plan.groups[0].slotMapping[3] = 14)],
    [
      "block 0",
      "block 0 is outside 1..9",
      (plan) => void (plan.groups[0].tables[plan.requestSlots[0] * plan.groups[0].stride + 1] = 0),
    ],
    [
      "blocks",
      "block 10 is outside 1..9",
      (plan) => void (plan.groups[0].tables[plan.requestSlots[1] * plan.groups[0].stride + 3] = 10),
    ],
  ])("asserts %s", (_, message, change) => {
    expect(() => checkPlan(changed(change), info)).toThrow(message);
  });

  test("refuses adapters with a typed error", () => {
    const plan = changed(() => {}, [FIRST, { ...SECOND, adapterId: 3 }]);
    expect(() => checkPlan(plan, info)).toThrow(InvalidRequestError);
    expect(() => checkPlan(plan, info)).toThrow("adapterId must be 0 (reference has no adapters), got 3");
  });
});
