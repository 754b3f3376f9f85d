/** A value that holds for a while: its mean over time, and its peak. */
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

  /** Mean over all time, that without a value counting as 0. */
  meanOver(seconds: number): number {
    return seconds === 0 ? 0 : this.#area / seconds;
  }

  /** Mean over the time that values held. */
  get mean(): number {
    return this.meanOver(this.#seconds);
  }
}
