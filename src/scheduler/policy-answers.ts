/** Checks of what policies answer, once where each answer is used: a policy may be anyone's. */
import { isIntegerIn } from "../request-checks.ts";
import { InvalidPolicyError } from "../errors.ts";
import { shown } from "../option-checks.ts";
import type { AdmissionPolicy, AdmissionView } from "../policies/admission/admission-policy.ts";
import type { BudgetPolicy } from "../policies/budget/budget-policy.ts";
import type { Drafter } from "../policies/drafting/drafter.ts";
import type { PreemptionPolicy } from "../policies/preemption/preemption-policy.ts";
import { Request, type RequestView } from "../request.ts";
import type { Sequence } from "./sequence.ts";

/** Tokens of the next step. */
export function tokensOf(budget: BudgetPolicy): number {
  const tokens = budget.tokens();
  if (!isIntegerIn(tokens, 1, budget.maxTokens)) {
    throw new InvalidPolicyError(
      `budget policy ${budget.name} gave ${shown(tokens)} tokens, an integer in [1, ${budget.maxTokens}] is allowed`,
    );
  }
  return tokens;
}

/** Blocks that are missing before the request may start. */
export function missingBlocksOf(
  policy: AdmissionPolicy,
  request: RequestView,
  needed: number,
  view: AdmissionView,
): number {
  const missing = policy.missingBlocks(request, needed, view);
  if (!isIntegerIn(missing, 0, Number.MAX_SAFE_INTEGER)) {
    throw new InvalidPolicyError(
      `admission policy ${policy.name} said that ${shown(missing)} blocks are missing, an integer >= 0 is allowed`,
    );
  }
  return missing;
}

/** The running request that gives its blocks up. */
export function victimOf(policy: PreemptionPolicy, running: readonly Sequence[]): Sequence {
  const victim = policy.victim(running) as Sequence;
  if (!running.includes(victim)) {
    throw new InvalidPolicyError(
      `preemption policy ${policy.name} named ${nameOf(victim)}, one of the running requests is allowed`,
    );
  }
  return victim;
}

/** Guesses at a request's next tokens. */
export function draftsOf(drafter: Drafter, tokens: Int32Array, tokenCount: number, most: number): ArrayLike<number> {
  const drafts = drafter.propose(tokens, tokenCount, most);
  if (!isIntegerIn(drafts?.length, 0, most)) {
    throw new InvalidPolicyError(
      `drafter ${drafter.name} proposed ${shown(drafts?.length)} tokens, ${most} were wanted`,
    );
  }
  for (let i = 0; i < drafts.length; i++) {
    if (!isIntegerIn(drafts[i], 0, 2 ** 31 - 1)) {
      throw new InvalidPolicyError(
        `drafter ${drafter.name} proposed the token id ${shown(drafts[i])}, an integer >= 0 is allowed`,
      );
    }
  }
  return drafts;
}

/** What a policy named in the place of a request, for people. */
export function nameOf(request: unknown): string {
  if (request instanceof Request) return `request ${String(request.id)}, which is ${request.state}`;
  return request === undefined ? "no request" : `${shown(request)}, which is no request`;
}
