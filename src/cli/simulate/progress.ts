import { formatSeconds } from "../../roofline/format.ts";
import type { Output } from "../output.ts";

const BAR_WIDTH = 30;

/** A bar with the time left, drawn over itself on a terminal; elsewhere nothing is printed. */
export class Progress {
  readonly #output: Output;
  readonly #total: number;
  readonly #clock: () => number;
  readonly #startedAt: number;
  #done = 0;
  #ended = false;

  /** `clock` gives seconds. */
  constructor(output: Output, total: number, clock: () => number) {
    this.#output = output;
    this.#total = total;
    this.#clock = clock;
    this.#startedAt = clock();
  }

  /** One more is done. */
  async advance(): Promise<void> {
    this.#done++;
    await this.draw();
  }

  async draw(): Promise<void> {
    if (this.#output.terminal !== null) await this.#output.write(`\r\u001b[K${this.line()}`);
  }

  /** Goes to a new line, where something was drawn; once. */
  async end(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    if (this.#output.terminal !== null) await this.#output.write("\n");
  }

  line(): string {
    const share = this.#total === 0 ? 1 : this.#done / this.#total;
    const filled = Math.round(share * BAR_WIDTH);
    const bar = "#".repeat(filled) + "-".repeat(BAR_WIDTH - filled);
    return `[${bar}] ${this.#done}/${this.#total} runs${this.#left()}`;
  }

  #left(): string {
    if (this.#done === 0 || this.#done === this.#total) return "";
    const each = (this.#clock() - this.#startedAt) / this.#done;
    return `, ${formatSeconds(each * (this.#total - this.#done))} left`;
  }
}
