import { InvalidOptionError } from "../../errors.ts";
import type { Arrival, Workload } from "../arrival.ts";
import { RandomStream } from "../random.ts";
import { ARRIVAL_STREAM } from "./streams.ts";

/** Another workload's requests, in its order, at the times of a Poisson process of `rate` requests a second. */
export class PoissonArrivals implements Workload {
  readonly #inner: Workload;
  readonly #meanGap: number;
  readonly #random: RandomStream;
  #at = 0;

  constructor(inner: Workload, rate: number, seed: number) {
    if (!(rate > 0 && Number.isFinite(rate))) {
      throw new InvalidOptionError(`rate must be a finite number above 0, got ${rate}`);
    }
    this.#inner = inner;
    this.#meanGap = 1 / rate;
    this.#random = new RandomStream(seed, ARRIVAL_STREAM);
  }

  get starved(): boolean {
    return this.#inner.starved;
  }

  get sharesPrefixes(): boolean {
    return this.#inner.sharesPrefixes ?? true;
  }

  get nextAt(): number {
    return this.#inner.nextAt === Number.POSITIVE_INFINITY ? Number.POSITIVE_INFINITY : this.#at;
  }

  refill(): Promise<void> {
    return this.#inner.refill();
  }

  take(): Arrival {
    // What was measured was measured at other times.
    const arrival = { ...this.#inner.take(), at: this.#at, measured: undefined };
    this.#at += this.#random.exponential(this.#meanGap);
    return arrival;
  }
}
