import { QuantileSketch } from "./quantile-sketch.ts";

/**
 * Samples that are kept as they are: up to this number, quantiles are exact. 2 MiB a distribution; beyond, a sketch of
 * 83 KB takes over.
 */
export const MAX_EXACT_SAMPLES = 2 ** 17;

const FIRST_CAPACITY = 1024;

/** What the report says of a distribution; null where there were no samples. */
export interface DistributionSummary {
  readonly mean: number | null;
  readonly p50: number | null;
  readonly p90: number | null;
  readonly p99: number | null;
  readonly max: number | null;
}

/**
 * Weighted samples >= 0. Mean and maximum are exact; quantiles too, by nearest rank, up to `MAX_EXACT_SAMPLES` samples,
 * and within `SKETCH_RELATIVE_ERROR` beyond. Memory is bounded.
 */
export class Distribution {
  #values = new Float64Array(FIRST_CAPACITY);
  #weights = new Float64Array(FIRST_CAPACITY);
  #count = 0;
  /** Whether values ascend. */
  #isSorted = true;
  /** Whether each weight is 1. */
  #isEven = true;
  #sketch: QuantileSketch | null = null;
  #totalWeight = 0;
  #weightedSum = 0;
  #max = Number.NEGATIVE_INFINITY;

  /** Whether quantiles are exact. */
  get exact(): boolean {
    return this.#sketch === null;
  }

  get totalWeight(): number {
    return this.#totalWeight;
  }

  get mean(): number | null {
    return this.#totalWeight === 0 ? null : this.#weightedSum / this.#totalWeight;
  }

  /** `weight` equal samples; none where it is 0. */
  add(value: number, weight = 1): void {
    if (weight === 0) return;
    this.#totalWeight += weight;
    this.#weightedSum += value * weight;
    if (value > this.#max) this.#max = value;
    if (this.#sketch !== null) this.#sketch.add(value, weight);
    else this.#keep(value, weight);
  }

  /** Takes another one's samples in. */
  merge(other: Distribution): void {
    if (other.#sketch === null) {
      for (let i = 0; i < other.#count; i++) this.add(other.#values[i], other.#weights[i]);
      return;
    }
    this.#pour().merge(other.#sketch);
    this.#totalWeight += other.#totalWeight;
    this.#weightedSum += other.#weightedSum;
    this.#max = Math.max(this.#max, other.#max);
  }

  /** The least sample that at least the share q of the weight does not exceed; null where there are none. */
  quantile(q: number): number | null {
    return this.quantiles([q])[0];
  }

  /** Several at once, ascending or not: sorts once. */
  quantiles(shares: readonly number[]): (number | null)[] {
    if (this.#totalWeight === 0) return shares.map(() => null);
    const sketch = this.#sketch;
    // A bin's value may lie beyond the largest sample.
    if (sketch !== null) return shares.map((q) => Math.min(sketch.quantile(q), this.#max));
    this.#sort();
    const sums = this.#cumulative();
    return shares.map((q) => this.#values[Math.min(firstAtLeast(sums, q * this.#totalWeight), this.#count - 1)]);
  }

  /**
   * [points + 1] values at shares 0, 1/points, ... 1: what a plot of the cumulative distribution needs. Empty where
   * there are none.
   */
  curve(points: number): number[] {
    if (this.#totalWeight === 0) return [];
    return this.quantiles(Array.from({ length: points + 1 }, (_, i) => i / points)) as number[];
  }

  summary(): DistributionSummary {
    const [p50, p90, p99] = this.quantiles([0.5, 0.9, 0.99]);
    return { mean: this.mean, p50, p90, p99, max: this.#totalWeight === 0 ? null : this.#max };
  }

  #keep(value: number, weight: number): void {
    if (this.#count === MAX_EXACT_SAMPLES) {
      this.#pour().add(value, weight);
      return;
    }
    if (this.#count === this.#values.length) {
      this.#values = doubled(this.#values);
      this.#weights = doubled(this.#weights);
    }
    this.#values[this.#count] = value;
    this.#weights[this.#count++] = weight;
    this.#isSorted = false;
    if (weight !== 1) this.#isEven = false;
  }

  /** From samples to a sketch, for good. */
  #pour(): QuantileSketch {
    if (this.#sketch !== null) return this.#sketch;
    this.#sketch = new QuantileSketch();
    for (let i = 0; i < this.#count; i++) this.#sketch.add(this.#values[i], this.#weights[i]);
    this.#values = new Float64Array(0);
    this.#weights = new Float64Array(0);
    this.#count = 0;
    return this.#sketch;
  }

  /** Numbers alone sort without a comparison to call: where weights are alike they need not follow. */
  #sort(): void {
    if (this.#isSorted) return;
    this.#isSorted = true;
    if (this.#isEven) {
      this.#values.subarray(0, this.#count).sort();
      return;
    }
    const order = sortedOrder(this.#values.subarray(0, this.#count));
    this.#values = picked(this.#values, order);
    this.#weights = picked(this.#weights, order);
  }

  /** [count] weight up to and including each sample. */
  #cumulative(): Float64Array {
    const sums = new Float64Array(this.#count);
    let sum = 0;
    for (let i = 0; i < this.#count; i++) sums[i] = sum += this.#weights[i];
    return sums;
  }
}

/** The first place whose sum is at least `wanted`; the length where there is none. */
function firstAtLeast(sums: Float64Array, wanted: number): number {
  let low = 0;
  let high = sums.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sums[middle] < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}

const RADIX_BITS = 16;
const RADIX_MASK = 2 ** RADIX_BITS - 1;

/**
 * [n] places of the values in ascending order, by their bits, 16 at a time: those of numbers >= 0 order as the numbers
 * do. A sort by radix calls no comparison.
 */
function sortedOrder(values: Float64Array): Uint32Array {
  const words = new Uint16Array(values.slice().buffer);
  let order = Uint32Array.from(values, (_, i) => i);
  let next = new Uint32Array(order.length);
  const ends = new Uint32Array(RADIX_MASK + 2);
  for (let digit = 0; digit < 4; digit++) {
    ends.fill(0);
    for (let i = 0; i < order.length; i++) ends[words[4 * i + digit] + 1]++;
    for (let i = 1; i < ends.length; i++) ends[i] += ends[i - 1];
    for (let i = 0; i < order.length; i++) next[ends[words[4 * order[i] + digit]]++] = order[i];
    [order, next] = [next, order];
  }
  return order;
}

function picked(values: Float64Array, order: Uint32Array): Float64Array<ArrayBuffer> {
  const result = new Float64Array(order.length);
  for (let i = 0; i < order.length; i++) result[i] = values[order[i]];
  return result;
}

function doubled(values: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> {
  const more = new Float64Array(2 * values.length);
  more.set(values);
  return more;
}
