import type { StepRecord } from "./in-flight.ts";
import type { Sequence } from "./sequence.ts";

/**
 * Requests whose steps with others failed too often: each is tried alone, so that only the culprit ends. Law: a suspect
 * failed `maxFailures` steps in a row; a step that succeeds takes all its requests out.
 */
export class Suspects {
  readonly #maxFailures: number;
  readonly #suspects: Sequence[] = [];
  /** Requests whose last step failed; some may have ended since. */
  readonly #failing = new Set<Sequence>();

  constructor(maxFailures: number) {
    this.#maxFailures = maxFailures;
  }

  /** Whether some request's last step failed. */
  get areFailing(): boolean {
    return this.#failing.size > 0;
  }

  /**
   * Counts a failure of a step with `company` requests. Returns whether the request is the culprit: it failed alone.
   */
  blame(sequence: Sequence, company: number): boolean {
    sequence.failureCount++;
    this.#failing.add(sequence);
    if (sequence.failureCount < this.#maxFailures) return false;
    if (company > 1 && !this.#suspects.includes(sequence)) this.#suspects.push(sequence);
    return company === 1;
  }

  /** A step succeeded: its requests' failures are forgotten. */
  forgive({ plan, requests }: StepRecord): void {
    for (let row = 0; row < plan.requestCount; row++) {
      requests[row].failureCount = 0;
      this.#failing.delete(requests[row]);
    }
    for (const sequence of this.#failing) if (sequence.state === "finished") this.#failing.delete(sequence);
  }

  /** The request to be tried alone next: running suspects first, because a waiting one may wait for their blocks. */
  next(): Sequence | undefined {
    const suspects = this.#suspects;
    while (suspects.length > 0) {
      const { failureCount, state } = suspects[0];
      if (failureCount >= this.#maxFailures && state !== "finished" && state !== "paused") break;
      suspects.shift();
    }
    // A loop: the function given to `find` would be left to the collector in each step.
    for (let i = 0; i < suspects.length; i++) {
      if (suspects[i].state === "running" && suspects[i].failureCount >= this.#maxFailures) return suspects[i];
    }
    return suspects.length === 0 ? undefined : suspects[0];
  }
}
