import type { Entry } from "./entry.ts";

/**
 * Requests whose steps failed too often in company: each is tried alone, so that only the culprit ends.
 * Law: who is in failed `maxFailures` steps in a row; a step that succeeds takes all its requests out.
 */
export class Suspects {
  readonly #maxFailures: number;
  readonly #entries: Entry[] = [];

  constructor(maxFailures: number) {
    this.#maxFailures = maxFailures;
  }

  /** Counts a failure of a step with `company` requests. Returns whether this one is the culprit. */
  blame(entry: Entry, company: number): boolean {
    entry.failureCount++;
    if (entry.failureCount < this.#maxFailures) return false;
    if (company > 1 && !this.#entries.includes(entry)) this.#entries.push(entry);
    return company === 1;
  }

  /** Who is to be tried alone next: a running one before one that waits, perhaps for the room that the former takes. */
  next(): Entry | undefined {
    while (this.#entries.length > 0) {
      const [entry] = this.#entries;
      if (entry.failureCount >= this.#maxFailures && entry.state !== "finished" && entry.state !== "paused") return this.#running() ?? entry;
      this.#entries.shift();
    }
    return undefined;
  }

  #running(): Entry | undefined {
    return this.#entries.find((each) => each.state === "running" && each.failureCount >= this.#maxFailures);
  }
}
