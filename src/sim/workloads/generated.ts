import type { Arrival, Workload } from "../arrival.ts";

/** A workload whose requests need nothing but the one before: made one at a time, when it is asked for. */
export class GeneratedWorkload implements Workload {
  readonly starved = false;
  readonly sharesPrefixes: boolean;
  readonly #source: Iterator<Arrival>;
  #next: Arrival | null;

  constructor(source: Iterable<Arrival>, { sharesPrefixes = true }: { readonly sharesPrefixes?: boolean } = {}) {
    this.sharesPrefixes = sharesPrefixes;
    this.#source = source[Symbol.iterator]();
    this.#next = this.#pull();
  }

  get nextAt(): number {
    return this.#next === null ? Number.POSITIVE_INFINITY : this.#next.at;
  }

  take(): Arrival {
    const arrival = this.#next!;
    this.#next = this.#pull();
    return arrival;
  }

  /** Never starved: there is nothing to read. */
  async refill(): Promise<void> {}

  #pull(): Arrival | null {
    const { value, done } = this.#source.next();
    return done === true ? null : value;
  }
}
