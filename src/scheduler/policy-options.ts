import type { EvictionPolicy } from "../blocks/eviction.ts";
import { InvalidOptionError } from "../errors.ts";
import type { AdmissionPolicy } from "../policies/admission/admission-policy.ts";
import type { BudgetPolicy } from "../policies/budget/budget-policy.ts";
import type { Drafter } from "../policies/drafting/drafter.ts";
import type { PreemptionPolicy } from "../policies/preemption/preemption-policy.ts";
import type { QueuePolicy } from "../policies/queue/queue-policy.ts";
import type { ChunkPolicy } from "../prefill/chunk-policy.ts";

/** The options that hold policies. */
export interface PolicyOptions {
  readonly queue?: QueuePolicy;
  readonly admission?: AdmissionPolicy;
  readonly preemption?: PreemptionPolicy;
  readonly chunking?: ChunkPolicy;
  readonly budget?: BudgetPolicy;
  readonly eviction?: EvictionPolicy;
  /**
   * Guesses next tokens that a step checks beside its decodes, where budget and blocks are left. A request for which it
   * guesses sits out planning ahead. Default none.
   */
  readonly drafter?: Drafter;
}

/** What each policy must be able to do. */
const METHODS = {
  queue: ["add", "remove", "next"],
  admission: ["missingBlocks"],
  preemption: ["victim"],
  chunking: ["chunk"],
  budget: ["tokens"],
  eviction: ["attach", "add", "remove", "victim"],
  drafter: ["propose"],
} as const;

type PolicyOption = keyof typeof METHODS;

/**
 * Throws `InvalidOptionError` where a policy option holds something else, such as the function that makes a policy, or
 * a policy that keeps state and serves another scheduler.
 */
export function checkPolicies(options: PolicyOptions): void {
  for (const option of Object.keys(METHODS) as PolicyOption[]) checkPolicy(option, options[option]);
  checkUnclaimed(options);
}

function checkPolicy(option: PolicyOption, policy: unknown): void {
  if (policy === undefined) return;
  if (typeof policy === "function") {
    throw new InvalidOptionError(`${option} is a function: call it, as in ${option}: ${policy.name || "policy"}()`);
  }
  if (policy === null || typeof policy !== "object") {
    throw new InvalidOptionError(`${option} must be a policy, got ${JSON.stringify(policy)}`);
  }
  if ("then" in policy) throw new InvalidOptionError(`${option} is a promise: await it first`);
  const missing = METHODS[option].find((method) => typeof (policy as Record<string, unknown>)[method] !== "function");
  if (missing !== undefined) throw new InvalidOptionError(`${option} must be a policy, and has no method ${missing}`);
}

/** Policies that serve a scheduler. */
const claimed = new WeakSet<object>();

/** Throws `InvalidOptionError` where a policy that keeps state serves another scheduler. */
function checkUnclaimed(options: PolicyOptions): void {
  for (const [option, policy] of Object.entries(keepersOf(options))) {
    if (policy !== undefined && claimed.has(policy)) {
      throw new InvalidOptionError(
        `${option} policy ${policy.name} keeps state and serves another scheduler: make one for each`,
      );
    }
  }
}

/** From now on these policies serve this scheduler alone. */
export function claimPolicies(options: PolicyOptions): void {
  for (const policy of Object.values(keepersOf(options))) if (policy !== undefined) claimed.add(policy);
}

/** Policies that keep state. */
function keepersOf({
  queue,
  eviction,
  budget,
  admission,
}: PolicyOptions): Readonly<Record<string, { readonly name: string } | undefined>> {
  const learns = admission?.step !== undefined || admission?.ended !== undefined;
  return {
    queue,
    eviction,
    budget: budget?.observe === undefined ? undefined : budget,
    admission: learns ? admission : undefined,
  };
}
