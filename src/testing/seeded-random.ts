import { assert } from "../assert.ts";
import { uniform } from "../sampling/threefry.ts";

/** Repeatable random numbers for drives and test data: a seed gives the same draws on every machine, 24 bits each. */
export class SeededRandom {
  readonly #low: number;
  readonly #high: number;
  #drawn = 0;

  /** `seed`: an integer >= 0, below 2^53. */
  constructor(seed: number) {
    assert(Number.isSafeInteger(seed) && seed >= 0, () => `seed must be an integer in [0, 2^53), got ${seed}`);
    this.#low = seed | 0;
    this.#high = Math.floor(seed / 2 ** 32);
  }

  /** In [0, 1). */
  next(): number {
    return uniform(this.#low, this.#high, 0, this.#drawn++);
  }

  /** An integer in [low, high]. */
  integer(low: number, high: number): number {
    return low + Math.floor(this.next() * (high - low + 1));
  }

  /** True with this probability. */
  chance(probability: number): boolean {
    return this.next() < probability;
  }

  /** One of the items, of which there is at least one. */
  pick<T>(items: readonly T[]): T {
    return items[this.integer(0, items.length - 1)];
  }
}
