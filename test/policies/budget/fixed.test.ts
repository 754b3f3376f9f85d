import { expect, test } from "vitest";
import { InvalidOptionError } from "../../../src/errors.ts";
import { fixed } from "../../../src/policies/budget/fixed.ts";

test("gives the same number for every step, whatever the steps took", () => {
  const budget = fixed(7);
  expect([budget.name, budget.maxTokens, budget.tokens(), budget.tokens()]).toEqual(["fixed", 7, 7, 7]);
  expect(budget.observe).toBeUndefined();
});

test.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])("refuses %s", (tokens) => {
  expect(() => fixed(tokens)).toThrow(new InvalidOptionError(`tokenBudget must be an integer >= 1, got ${tokens}`));
});
