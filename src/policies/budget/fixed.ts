import { integerOption } from "../../option-checks.ts";
import type { BudgetPolicy } from "./budget-policy.ts";

/** The same number of tokens for every step. */
export function fixed(tokens: number): BudgetPolicy {
  integerOption("tokenBudget", tokens, { least: 1 });
  return { name: "fixed", maxTokens: tokens, tokens: () => tokens };
}
