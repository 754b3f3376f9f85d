import type { Arrival } from "./arrival.ts";

const FIRST_CAPACITY = 256;

/** Time that has not come. */
export const NEVER = -1;

/**
 * What the simulator keeps of each request that has not ended, by a number that is the request's id while it lives and
 * is then used again: so memory follows the requests in flight, not the trace.
 */
export class InFlight {
  readonly arrivals: (Arrival | undefined)[] = [];
  /** When its first chunk was planned. */
  startedAt = new Float64Array(FIRST_CAPACITY);
  firstTokenAt = new Float64Array(FIRST_CAPACITY);
  lastTokenAt = new Float64Array(FIRST_CAPACITY);
  readonly #unused: number[] = [];

  /** A number for the arrival. */
  open(arrival: Arrival): number {
    const number = this.#unused.pop() ?? this.arrivals.length;
    if (number === this.startedAt.length) this.#grow();
    this.arrivals[number] = arrival;
    this.startedAt[number] = NEVER;
    this.firstTokenAt[number] = NEVER;
    this.lastTokenAt[number] = NEVER;
    return number;
  }

  close(number: number): void {
    this.arrivals[number] = undefined;
    this.#unused.push(number);
  }

  #grow(): void {
    const length = 2 * this.startedAt.length;
    const longer = (column: Float64Array) => {
      const copy = new Float64Array(length);
      copy.set(column);
      return copy;
    };
    this.startedAt = longer(this.startedAt);
    this.firstTokenAt = longer(this.firstTokenAt);
    this.lastTokenAt = longer(this.lastTokenAt);
  }
}
