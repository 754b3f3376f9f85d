/**
 * The last `capacity` numbers pushed, sorted. O(capacity) to push, O(log capacity) to ask.
 * Laws: `#sorted` holds the same numbers as `#recent`, ascending; `#above[i]` is the sum of `#sorted[i ..]`.
 */
export class SortedWindow {
  readonly #recent: Float64Array;
  readonly #sorted: Float64Array;
  readonly #above: Float64Array;
  #size = 0;
  #oldest = 0;

  constructor(capacity: number) {
    this.#recent = new Float64Array(capacity);
    this.#sorted = new Float64Array(capacity);
    this.#above = new Float64Array(capacity + 1);
  }

  get size(): number {
    return this.#size;
  }

  push(value: number): void {
    if (this.#size === this.#recent.length) this.#takeOut(this.#recent[this.#oldest]);
    this.#recent[this.#oldest] = value;
    this.#oldest = (this.#oldest + 1) % this.#recent.length;
    const at = this.#countUpTo(value);
    this.#sorted.copyWithin(at + 1, at, this.#size);
    this.#sorted[at] = value;
    this.#size++;
    this.#sum();
  }

  /** Mean of the numbers greater than `value`; undefined where there is none. */
  meanAbove(value: number): number | undefined {
    const from = this.#countUpTo(value);
    return from === this.#size ? undefined : this.#above[from] / (this.#size - from);
  }

  #takeOut(value: number): void {
    this.#sorted.copyWithin(this.#countUpTo(value) - 1, this.#countUpTo(value), this.#size);
    this.#size--;
  }

  /** How many are at most `value`. */
  #countUpTo(value: number): number {
    let low = 0;
    let high = this.#size;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#sorted[middle] <= value) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #sum(): void {
    this.#above[this.#size] = 0;
    for (let i = this.#size - 1; i >= 0; i--) this.#above[i] = this.#above[i + 1] + this.#sorted[i];
  }
}
