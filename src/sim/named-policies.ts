import { admissionNamed, budgetNamed, evictionNamed, preemptionNamed, queueNamed } from "../policies/names.ts";
import type { BudgetPolicy } from "../policies/budget/budget-policy.ts";
import { chunkingNamed } from "../prefill/names.ts";
import { type Setup, StepLoad, StepTime } from "../roofline/index.ts";
import type { Policies } from "./options.ts";

/** Policies by the names of `policies/names.ts` and `prefill/names.ts`. */
export interface PolicyNames {
  readonly queue?: string;
  readonly admission?: string;
  readonly preemption?: string;
  readonly chunking?: string;
  readonly budget?: string;
  readonly eviction?: string;
}

/** What some of them have to know. */
export interface PolicySetup extends Setup {
  /** Tokens of the `fixed` budget, and most of any. */
  readonly tokenBudget: number;
  /** Tokens in the cache when it is full: the `slo` chunk rule's prediction reads half of them. */
  readonly cacheTokens: number;
  /** Longest time between two tokens that the `measured` budget and the `slo` chunk rule aim at, in seconds. */
  readonly targetSeconds?: number;
}

/** New policy objects for one run. Throws `InvalidOptionError` that lists the known names. */
export function namedPolicies(names: PolicyNames, setup: PolicySetup): Policies {
  const { gpu, weightBits, tokenBudget: tokens, targetSeconds: target } = setup;
  const budget = budgetNamed(names.budget ?? "fixed", { tokens, gpu, weightBits, target });
  return {
    queue: queueNamed(names.queue ?? "fcfs"),
    admission: admissionNamed(names.admission ?? "watermark"),
    preemption: preemptionNamed(names.preemption ?? "last-in"),
    chunking: chunkingNamed(names.chunking ?? "fcfs", { target, stepTime: predictionOf(budget, setup) }),
    eviction: evictionNamed(names.eviction ?? "lru"),
    budget,
  };
}

/**
 * A step's time from its tokens alone: what a budget that measures has learned, else the roofline's with a half-full
 * cache to read.
 */
function predictionOf(budget: BudgetPolicy, setup: PolicySetup): (tokens: number) => number {
  if ("predict" in budget && typeof budget.predict === "function") {
    return (tokens) => (budget.predict as (tokens: number) => number)(tokens);
  }
  const time = new StepTime(setup);
  const load = new StepLoad(setup.shape);
  load.kvTokensRead.fill(setup.cacheTokens / 2);
  return (tokens) => {
    load.tokens = tokens;
    load.requests = tokens;
    load.samples = tokens;
    return time.stepSeconds(load);
  };
}
