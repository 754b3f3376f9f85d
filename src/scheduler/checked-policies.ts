import { InvalidPolicyError } from "../errors.ts";
import { shown } from "../option-checks.ts";
import type { AdmissionPolicy } from "../policies/admission/admission-policy.ts";
import type { BudgetPolicy } from "../policies/budget/budget-policy.ts";
import type { Drafter } from "../policies/drafting/drafter.ts";
import type { PreemptionPolicy } from "../policies/preemption/preemption-policy.ts";
import type { ChunkPolicy } from "../prefill/chunk-policy.ts";
import { isIntegerIn } from "../request-checks.ts";
import { GuardedQueue, nameOf } from "./guarded-queue.ts";
import type { Listeners } from "./listeners.ts";
import type { ResolvedSchedulerOptions } from "./options.ts";

/** The policies that a step asks. */
type AskedPolicies = Pick<
  ResolvedSchedulerOptions,
  "queue" | "admission" | "preemption" | "chunking" | "budget" | "drafter" | "longPrefillThreshold"
>;

/**
 * The same policies with checked answers, because a caller may bring its own. A wrong answer is an
 * `InvalidPolicyError` that names the policy, so the scheduler behind them uses each answer as it is.
 */
export function checkedPolicies(policies: AskedPolicies, listeners: Listeners): AskedPolicies {
  const { queue, admission, preemption, chunking, budget, drafter, longPrefillThreshold } = policies;
  return {
    queue: new GuardedQueue(queue, listeners),
    admission: checkedAdmission(admission),
    preemption: checkedPreemption(preemption),
    chunking: checkedChunking(chunking, longPrefillThreshold),
    budget: checkedBudget(budget),
    drafter: drafter && checkedDrafter(drafter),
    longPrefillThreshold,
  };
}

function checkedBudget(policy: BudgetPolicy): BudgetPolicy {
  const { name, maxTokens } = policy;
  return {
    name,
    maxTokens,
    tokens() {
      const tokens = policy.tokens();
      if (isIntegerIn(tokens, 1, maxTokens)) return tokens;
      throw new InvalidPolicyError(
        `budget policy ${name} gave ${shown(tokens)} tokens, an integer in [1, ${maxTokens}] is allowed`,
      );
    },
  };
}

function checkedAdmission(policy: AdmissionPolicy): AdmissionPolicy {
  const { name } = policy;
  return {
    name,
    missingBlocks(request, needed, view) {
      const missing = policy.missingBlocks(request, needed, view);
      if (isIntegerIn(missing, 0, Number.MAX_SAFE_INTEGER)) return missing;
      throw new InvalidPolicyError(
        `admission policy ${name} said that ${shown(missing)} blocks are missing, an integer >= 0 is allowed`,
      );
    },
    step: policy.step?.bind(policy),
  };
}

function checkedPreemption(policy: PreemptionPolicy): PreemptionPolicy {
  const { name, margin } = policy;
  return {
    name,
    margin,
    victim(running) {
      const victim = policy.victim(running);
      if (running.includes(victim)) return victim;
      throw new InvalidPolicyError(
        `preemption policy ${name} named ${nameOf(victim)}, one of the running requests is allowed`,
      );
    },
    rank: policy.rank && checkedRank(name, policy.rank.bind(policy)),
  };
}

function checkedRank(
  name: string,
  rankOf: NonNullable<PreemptionPolicy["rank"]>,
): NonNullable<PreemptionPolicy["rank"]> {
  return (request) => {
    const rank = rankOf(request);
    if (typeof rank === "number" && !Number.isNaN(rank)) return rank;
    throw new InvalidPolicyError(
      `preemption policy ${name} gave request ${String(request.id)} the rank ${shown(rank)}, a number is allowed`,
    );
  };
}

/** `longest`: most tokens of one prompt in a step. */
function checkedChunking(policy: ChunkPolicy, longest: number): ChunkPolicy {
  const { name, wholePrompts } = policy;
  return {
    name,
    wholePrompts,
    chunk(request, gap, step) {
      const answer = policy.chunk(request, gap, step);
      // Not `Math.min` of an answer that is no number: it makes 0 of null.
      const chunk = typeof answer === "number" ? Math.min(answer, longest) : answer;
      const isAlone = step.remaining === step.budget && step.decodeCount === 0 && step.prefillsLeft === 1;
      if (isIntegerIn(chunk, isAlone ? 1 : 0, Math.min(gap, step.remaining))) return chunk;
      const why = isAlone ? " and no other request takes any" : "";
      throw new InvalidPolicyError(
        `chunk policy ${name} gave ${shown(chunk)} of ${gap} tokens, ${step.remaining} remain${why}`,
      );
    },
  };
}

function checkedDrafter(drafter: Drafter): Drafter {
  const { name } = drafter;
  return {
    name,
    propose(tokens, tokenCount, most) {
      const drafts = drafter.propose(tokens, tokenCount, most);
      if (!isIntegerIn(drafts?.length, 0, most)) {
        throw new InvalidPolicyError(`drafter ${name} proposed ${shown(drafts?.length)} tokens, ${most} were wanted`);
      }
      for (let i = 0; i < drafts.length; i++) {
        if (isIntegerIn(drafts[i], 0, 2 ** 31 - 1)) continue;
        throw new InvalidPolicyError(
          `drafter ${name} proposed the token id ${shown(drafts[i])}, an integer >= 0 is allowed`,
        );
      }
      return drafts;
    },
  };
}
