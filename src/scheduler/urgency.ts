import { InvalidPolicyError } from "../errors.ts";
import type { PreemptionPolicy } from "../policies/preemption/preemption-policy.ts";
import type { Entry } from "./entry.ts";
import { victimOf } from "./policy-answers.ts";

/** The ranks of a preemption policy, and what follows from them. Without ranks all requests are equal. */
export class Urgency {
  readonly #policy: PreemptionPolicy;
  readonly #margin: number;

  constructor(policy: PreemptionPolicy) {
    this.#policy = policy;
    this.#margin = policy.margin ?? 1;
  }

  get hasRanks(): boolean {
    return this.#policy.rank !== undefined;
  }

  rankOf(entry: Entry): number {
    const rank = this.#policy.rank?.(entry) ?? 0;
    if (Number.isNaN(rank)) throw new InvalidPolicyError(`preemption policy ${this.#policy.name} gave request ${entry.label} the rank ${rank}, a number is allowed`);
    return rank;
  }

  /** Whether the waiting request may take what the running one has. */
  outranks(waiting: Entry, running: Entry): boolean {
    return this.hasRanks && this.rankOf(running) - this.rankOf(waiting) >= this.#margin;
  }

  /** Whether some of the running requests are more urgent than others. */
  differs(running: readonly Entry[]): boolean {
    return this.hasRanks && running.some((entry) => this.rankOf(entry) !== this.rankOf(running[0]));
  }

  /** The running requests in classes of equal rank, the most urgent first; in each class in the order in which they came. */
  classesOf(running: readonly Entry[]): readonly (readonly Entry[])[] {
    if (!this.differs(running)) return [running];
    const classes = new Map<number, Entry[]>();
    for (const entry of running) {
      const rank = this.rankOf(entry);
      const equals = classes.get(rank);
      if (equals === undefined) classes.set(rank, [entry]);
      else equals.push(entry);
    }
    return [...classes].sort(([a], [b]) => a - b).map(([, entries]) => entries);
  }

  /** The policy's victim: one of the least urgent of the candidates, so that no victim was more urgent than a survivor. */
  victim(candidates: readonly Entry[]): Entry {
    return victimOf(this.#policy, this.classesOf(candidates).at(-1)!);
  }
}
