import type { PreemptionPolicy } from "../policies/preemption/preemption-policy.ts";
import type { Sequence } from "./sequence.ts";

/** The ranks of a preemption policy, and what follows from them. Without ranks all requests are equal. */
export class Urgency {
  readonly hasRanks: boolean;
  readonly #policy: PreemptionPolicy;
  readonly #margin: number;

  constructor(policy: PreemptionPolicy) {
    this.hasRanks = policy.rank !== undefined;
    this.#policy = policy;
    this.#margin = policy.margin ?? 1;
  }

  rankOf(sequence: Sequence): number {
    return this.#policy.rank?.(sequence) ?? 0;
  }

  /** Whether the waiting request may take what the running one has. */
  outranks(waiting: Sequence, running: Sequence): boolean {
    return this.hasRanks && this.rankOf(running) - this.rankOf(waiting) >= this.#margin;
  }

  /** Whether some of the running requests are more urgent than others. */
  differs(running: readonly Sequence[]): boolean {
    return this.hasRanks && running.some((sequence) => this.rankOf(sequence) !== this.rankOf(running[0]));
  }

  /**
   * The running requests in classes of equal rank, the most urgent first; in each class in the order in which they
   * came.
   */
  classesOf(running: readonly Sequence[]): readonly (readonly Sequence[])[] {
    if (!this.differs(running)) return [running];
    const classes = new Map<number, Sequence[]>();
    for (const sequence of running) {
      const rank = this.rankOf(sequence);
      const equals = classes.get(rank);
      if (equals === undefined) classes.set(rank, [sequence]);
      else equals.push(sequence);
    }
    return [...classes].sort(([a], [b]) => a - b).map(([, sequences]) => sequences);
  }

  /**
   * The policy's victim: one of the least urgent of the candidates, so that no victim was more urgent than a survivor.
   */
  victim(candidates: readonly Sequence[]): Sequence {
    return this.#policy.victim(this.classesOf(candidates).at(-1)!) as Sequence;
  }
}
