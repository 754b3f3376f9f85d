import { expect, test } from "vitest";
import type { BudgetPolicy } from "../../../src/policies/budget/budget-policy.ts";
import { fixed } from "../../../src/policies/budget/fixed.ts";
import { measured } from "../../../src/policies/budget/measured.ts";
import { budgetCases } from "../../../src/testing/policy-cases/budget.ts";
import { complaintOf, expectComplaints } from "../../support/policy-cases.ts";

test("ours pass", () => {
  expect([complaintOf(budgetCases(fixed)), complaintOf(budgetCases((maxTokens) => measured({ maxTokens })))]).toEqual([
    null,
    null,
  ]);
});

test("what breaks a rule is found", () => {
  let tokens = 0;
  expectComplaints<(maxTokens: number) => BudgetPolicy>(budgetCases, {
    "more than allowed": [(maxTokens) => fixed(maxTokens + 1), /gives up to \d+ tokens, \d+ are allowed/],
    "more than it says": [
      (maxTokens) => ({ name: "broken", maxTokens, tokens: () => maxTokens + 1 }),
      /gives \d+ tokens, \d+ at most/,
    ],
    nothing: [(maxTokens) => ({ name: "broken", maxTokens, tokens: () => 0 }), /gives 0 tokens/],
    "a part of a token": [
      (maxTokens) => ({ name: "broken", maxTokens, tokens: () => maxTokens - 0.5 }),
      /gives \d+\.5 tokens/,
    ],
    "nothing after a step without a time": [
      (maxTokens) => {
        tokens = 1;
        return {
          name: "broken",
          maxTokens,
          tokens: () => tokens,
          observe: (_tokens, elapsed) => {
            tokens = elapsed === 0 ? Number.NaN : 1;
          },
        };
      },
      /gives NaN tokens/,
    ],
  });
});
