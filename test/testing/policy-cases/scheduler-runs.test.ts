import { expect, test } from "vitest";
import { lastIn } from "../../../src/policies/preemption/last-in.ts";
import { fcfs } from "../../../src/policies/queue/fcfs.ts";
import { none } from "../../../src/prefill/none.ts";
import { schedulerCases, withoutTinySteps } from "../../../src/testing/policy-cases/scheduler-runs.ts";
import { drawProgram } from "../../../src/testing/scheduler-program.ts";
import { complaintOf } from "../../support/policy-cases.ts";

test("ours pass, alone and together", () => {
  expect(complaintOf(schedulerCases({}))).toBeNull();
  expect(complaintOf(schedulerCases({ queue: fcfs, preemption: lastIn, chunking: none }))).toBeNull();
});

test("a policy that wedges the scheduler is found", () => {
  const stubborn = schedulerCases({
    chunking: () => ({
      name: "stubborn",
      chunk: (_request, gap, step) => (gap > 30 ? 0 : Math.min(gap, step.remaining)),
    }),
  });
  expect(complaintOf(stubborn)).toMatch(/chunk policy stubborn gave 0 of \d+ tokens/);
});

test("a policy that breaks a law inside is found", () => {
  const overdrawn = schedulerCases({
    budget: (maxTokens) => ({ name: "overdrawn", maxTokens, tokens: () => maxTokens + 1 }),
  });
  expect(complaintOf(overdrawn)).toMatch(/seed \d+/);
});

test("withoutTinySteps leaves programs without interruptions alone", () => {
  const calm = { ...drawProgram(1), pauseRate: 0, loseDeviceRate: 0, tokenBudget: 1 };
  expect(withoutTinySteps(calm)).toBe(calm);
  expect(withoutTinySteps({ ...calm, pauseRate: 0.1, longPrefillThreshold: 1 })).toMatchObject({
    tokenBudget: 8,
    longPrefillThreshold: undefined,
  });
});
