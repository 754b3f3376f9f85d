const SECONDS_A_MINUTE = 60;

/**
 * A token bucket: a minute's units at most, refilled evenly. Law: what was taken within any time t and not given back
 * is at most `perMinute * (1 + t / 60)`.
 */
export class RateLimit {
  readonly perMinute: number;
  readonly #clock: () => number;
  #left: number;
  #at: number;

  /** `clock` in seconds. */
  constructor(perMinute: number, clock: () => number) {
    this.perMinute = perMinute;
    this.#clock = clock;
    this.#left = perMinute;
    this.#at = clock();
  }

  /**
   * Takes units, or takes nothing and returns the seconds until it could; `Infinity` where they are more than a minute
   * has. 0 means that they were taken.
   */
  take(units: number): number {
    this.#refill();
    if (units > this.perMinute) return Number.POSITIVE_INFINITY;
    if (units > this.#left) return ((units - this.#left) * SECONDS_A_MINUTE) / this.perMinute;
    this.#left -= units;
    return 0;
  }

  /** Units that were taken and not used. */
  giveBack(units: number): void {
    this.#left = Math.min(this.perMinute, this.#left + units);
  }

  #refill(): void {
    const now = this.#clock();
    this.giveBack((Math.max(0, now - this.#at) * this.perMinute) / SECONDS_A_MINUTE);
    this.#at = now;
  }
}
