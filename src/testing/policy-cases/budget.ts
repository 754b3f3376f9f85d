import { assert } from "../../assert.ts";
import type { BudgetPolicy } from "../../policies/budget/budget-policy.ts";
import type { PolicyCase } from "./policy-case.ts";

/** Steps of one program: beyond what a measuring policy takes to find its budget. */
const STEPS = 300;

/** The rules of budget policies. */
export function budgetCases(make: (maxTokens: number) => BudgetPolicy): PolicyCase[] {
  return [
    {
      name: "a budget is a whole number of tokens, 1 <= budget <= maxTokens, whatever steps take",
      run(random) {
        const given = random.pick([1, 2, 100, 2048]);
        const policy = make(given);
        const { maxTokens } = policy;
        assert(
          maxTokens >= 1 && maxTokens <= given,
          () => `${policy.name} gives up to ${maxTokens} tokens, ${given} are allowed`,
        );
        for (let step = 0; step < STEPS; step++) {
          const tokens = policy.tokens();
          assert(
            Number.isInteger(tokens) && tokens >= 1 && tokens <= maxTokens,
            () => `${policy.name} gives ${tokens} tokens, ${maxTokens} at most`,
          );
          const carried = random.chance(0.7) ? tokens : random.integer(1, tokens);
          policy.observe?.(carried, random.pick([0, 1e-9, carried, 1 + carried, random.next(), 1e9]));
        }
        assert(
          policy.maxTokens === maxTokens,
          () => `${policy.name} changed its most from ${maxTokens} to ${policy.maxTokens} tokens`,
        );
      },
    },
  ];
}
