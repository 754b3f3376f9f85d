import { threefry4x32 } from "../sampling/index.ts";

/** Words that one call of the random function gives. */
const WORDS = 4;

/**
 * A stream of random numbers: the same (seed, stream) gives the same numbers, and streams of one seed are independent.
 * So a change of one workload's arrivals leaves its lengths alone.
 */
export class RandomStream {
  readonly #key: Int32Array;
  readonly #counter = new Int32Array(4);
  readonly #words = new Int32Array(WORDS);
  #used = WORDS;

  /** `seed` is an integer in [0, 2^53). */
  constructor(seed: number, stream: number) {
    this.#key = Int32Array.of(seed | 0, Math.floor(seed / 2 ** 32), stream, 0);
  }

  /** In (0, 1]: its logarithm is finite. */
  uniform(): number {
    return ((this.#word() >>> 0) + 1) * 2 ** -32;
  }

  /** An integer in [0, count). */
  below(count: number): number {
    return Math.min(count - 1, Math.floor((this.#word() >>> 0) * 2 ** -32 * count));
  }

  exponential(mean: number): number {
    return -mean * Math.log(this.uniform());
  }

  /** Mean 0, variance 1 (Box and Muller; the second number is not used, so that each draw stands alone). */
  normal(): number {
    return Math.sqrt(-2 * Math.log(this.uniform())) * Math.cos(2 * Math.PI * this.uniform());
  }

  /** Gamma of that shape and mean (Marsaglia and Tsang 2000; below shape 1 with their power of a uniform number). */
  gamma(shape: number, mean: number): number {
    const boost = shape < 1 ? this.uniform() ** (1 / shape) : 1;
    return (boost * this.#gammaFrom1(shape < 1 ? shape + 1 : shape) * mean) / shape;
  }

  /** Weibull of that shape and scale. */
  weibull(shape: number, scale: number): number {
    return scale * (-Math.log(this.uniform())) ** (1 / shape);
  }

  /** Lognormal with that mean and coefficient of variation; 0 gives the mean itself. */
  lognormal(mean: number, cv: number): number {
    if (cv === 0) return mean;
    const variance = Math.log(1 + cv * cv);
    return mean * Math.exp(Math.sqrt(variance) * this.normal() - variance / 2);
  }

  #gammaFrom1(shape: number): number {
    const d = shape - 1 / 3;
    for (;;) {
      const x = this.normal();
      const v = (1 + x / Math.sqrt(9 * d)) ** 3;
      // Accepts 95% of the draws at shape 1 and more above it.
      if (v > 0 && Math.log(this.uniform()) < (x * x) / 2 + d - d * v + d * Math.log(v)) return d * v;
    }
  }

  #word(): number {
    if (this.#used === WORDS) {
      threefry4x32(this.#words, this.#key, this.#counter);
      this.#counter[0] = (this.#counter[0] + 1) | 0;
      if (this.#counter[0] === 0) this.#counter[1]++;
      this.#used = 0;
    }
    return this.#words[this.#used++];
  }
}
