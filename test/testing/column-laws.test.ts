import { expect, test } from "vitest";
import type { StepPlan } from "../../src/step.ts";
import { checkColumns } from "../../src/testing/column-laws.ts";
import { changed, plannedRequests, replaced } from "../support/planned-requests.ts";

const group = (plan: StepPlan, changes: object) => ({
  groups: [{ ...plan.groups[0], stride: plan.groups[0].stride, tables: plan.groups[0].tables, ...changes }],
});

test("columns that equal the request's own tables and parameters pass", () => {
  const { requests, plan } = plannedRequests();
  for (const [row, { entry }] of requests.entries()) {
    expect(() => checkColumns(plan, row, entry, [entry], 2)).not.toThrow();
  }
});

test.each<[string, (plan: StepPlan) => Partial<StepPlan>, string]>([
  [
    "a table of another block",
    (plan) => group(plan, { tables: replaced(plan.groups[0].tables, plan.groups[0].stride, 19) }),
    "plan 0, request 1, group 0: position 0 goes to slot",
  ],
  [
    "another request",
    ({ requests }) => ({ requests: [requests![1], requests![0]] }),
    "plan 0, request 1, group 0: the row is of request 0",
  ],
  [
    "another slot",
    (plan) => group(plan, { slotMapping: replaced(plan.groups[0].slotMapping, 5, 30) }),
    "plan 0, request 1, group 0: position 0 goes to slot 30, not",
  ],
  [
    "another temperature",
    ({ sampling }) => ({ sampling: { ...sampling, temperature: new Float32Array([0.5, 0.6]) } }),
    "plan 0, request 1: sample 1 has parameters 0.6",
  ],
  [
    "another high word of the seed",
    ({ sampling }) => ({ sampling: { ...sampling, seed: replaced(sampling.seed, 3, 0) } }),
    "plan 0, request 1: sample 1 has parameters 0.5,0,1,0,5,0,0,-1, not 0.5,0,1,0,5,2,0,-1",
  ],
])("finds %s", (_name, change, message) => {
  const { requests, plan } = plannedRequests();
  expect(() => checkColumns(changed(plan, change(plan)), 1, requests[1].entry, [requests[1].entry], 2)).toThrow(
    message,
  );
});
