/** Half the width of a bin, relative: a quantile is at most this far off. */
export const SKETCH_RELATIVE_ERROR = 0.002;

/** Smallest value told from 0: a nanosecond, where times are in seconds. */
const LEAST = 1e-9;

/** Growth of the bins' bounds. */
const GROWTH = (1 + SKETCH_RELATIVE_ERROR) / (1 - SKETCH_RELATIVE_ERROR);
const LOG_GROWTH = Math.log(GROWTH);
const OFFSET = Math.ceil(Math.log(LEAST) / LOG_GROWTH);

/** Bins up to 1e9, some 30 years in seconds: 83 KB; beyond, values share the last bin. */
const BINS = Math.ceil(Math.log(1e9) / LOG_GROWTH) - OFFSET + 1;

/**
 * Weights of values >= 0 in bins of growing width: any quantile within `SKETCH_RELATIVE_ERROR` of its value, whatever
 * the order and number of samples. Source: DDSketch (Masson, Rim and Lee, VLDB 2019), with a fixed range instead of
 * collapsing bins.
 *
 * Law: merging sketches gives exactly the sketch of all their samples.
 */
export class QuantileSketch {
  #zeroWeight = 0;
  readonly #weights = new Float64Array(BINS);
  #total = 0;

  get totalWeight(): number {
    return this.#total;
  }

  add(value: number, weight: number): void {
    this.#total += weight;
    if (value < LEAST) this.#zeroWeight += weight;
    else this.#weights[binOf(value)] += weight;
  }

  merge(other: QuantileSketch): void {
    this.#total += other.#total;
    this.#zeroWeight += other.#zeroWeight;
    for (let bin = 0; bin < BINS; bin++) this.#weights[bin] += other.#weights[bin];
  }

  /** A value that at least the share q of the weight does not exceed, within the error. Only where there is weight. */
  quantile(q: number): number {
    const wanted = q * this.#total;
    let sum = this.#zeroWeight;
    if (sum > 0 && sum >= wanted) return 0;
    let last = 0;
    for (let bin = 0; bin < BINS; bin++) {
      if (this.#weights[bin] === 0) continue;
      sum += this.#weights[bin];
      last = bin;
      if (sum >= wanted) break;
    }
    return valueOf(last);
  }
}

function binOf(value: number): number {
  return Math.min(BINS - 1, Math.max(0, Math.ceil(Math.log(value) / LOG_GROWTH) - OFFSET));
}

/** The value whose relative distance to both bounds of the bin is the same. */
function valueOf(bin: number): number {
  return (2 * GROWTH ** (bin + OFFSET)) / (GROWTH + 1);
}
