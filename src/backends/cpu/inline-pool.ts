import { nextTurn } from "../next-turn.ts";
import type { Kernels } from "./kernels.ts";
import type { StepPool } from "./pool.ts";

/**
 * Computes steps on the calling thread, each in a later turn of its event loop: where memory cannot be shared with
 * workers.
 */
export class InlinePool implements StepPool {
  readonly size = 1;
  readonly lost = null;
  readonly #kernels: Kernels;
  readonly #model: number;
  #last: Promise<void> = Promise.resolve();
  #isStopped = false;

  constructor(kernels: Kernels, model: number) {
    this.#kernels = kernels;
    this.#model = model;
  }

  post(step: number): void {
    this.#last = this.#last.then(nextTurn).then(() => {
      if (!this.#isStopped) this.#kernels.computeAlone(this.#model, step);
    });
  }

  /** Steps are computed in order: the one posted last is done after all others. */
  whenDone(): Promise<void> {
    return this.#last;
  }

  stop(): void {
    this.#isStopped = true;
  }
}
