import { InvalidOptionError } from "../../errors.ts";
import type { BudgetPolicy } from "./budget-policy.ts";

/** The same number of tokens for every step. */
export function fixed(tokens: number): BudgetPolicy {
  if (!Number.isInteger(tokens) || tokens < 1) {
    throw new InvalidOptionError(`tokenBudget must be an integer >= 1, got ${tokens}`);
  }
  return { name: "fixed", maxTokens: tokens, tokens: () => tokens };
}
