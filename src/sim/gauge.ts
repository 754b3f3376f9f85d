/** A value that holds for a while: its mean over the time that it was told of, and its peak. */
export class Gauge {
  peak = 0;
  #seconds = 0;
  #area = 0;

  /** `value` held for `seconds`. */
  add(value: number, seconds: number): void {
    this.#seconds += seconds;
    this.#area += value * seconds;
    if (value > this.peak) this.peak = value;
  }

  get mean(): number {
    return this.#seconds === 0 ? 0 : this.#area / this.#seconds;
  }
}
