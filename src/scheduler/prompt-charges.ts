import { MAX_PLANS_IN_FLIGHT } from "../config.ts";
import type { QueuePolicy } from "../policies/queue/queue-policy.ts";
import type { Entry } from "./entry.ts";

/** Prompt tokens of one plan that the queue policy was told of. */
interface PlanCharges {
  plan: number;
  readonly entries: Entry[];
  readonly tokens: number[];
}

/**
 * Tells a queue policy of the prompt tokens that plans compute, and takes them back with a failed plan.
 * Law: the sum of what a policy was told of a request is what its committed plans and those in flight compute of its prompt.
 */
export class PromptCharges {
  readonly #queue: QueuePolicy;
  readonly #plans: readonly PlanCharges[] = Array.from({ length: MAX_PLANS_IN_FLIGHT }, () => ({ plan: -1, entries: [], tokens: [] }));

  constructor(queue: QueuePolicy) {
    this.#queue = queue;
  }

  /** Plan `plan` computes `tokens` of the request's prompt. */
  charge(plan: number, entry: Entry, tokens: number): void {
    if (this.#queue.charge === undefined) return;
    const charges = this.#plans[plan % MAX_PLANS_IN_FLIGHT];
    if (charges.plan !== plan) {
      charges.plan = plan;
      charges.entries.length = 0;
      charges.tokens.length = 0;
    }
    charges.entries.push(entry);
    charges.tokens.push(tokens);
    this.#queue.charge(entry, tokens, 0);
  }

  /** The plan failed. Requests that have ended owe nothing any more. */
  takeBack(plan: number): void {
    const charges = this.#plans[plan % MAX_PLANS_IN_FLIGHT];
    if (charges.plan !== plan) return;
    for (const [i, entry] of charges.entries.entries()) if (entry.state !== "finished") this.#queue.charge!(entry, -charges.tokens[i], 0);
    charges.plan = -1;
  }
}
