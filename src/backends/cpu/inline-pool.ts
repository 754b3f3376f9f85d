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

/** Resolves in a later turn of the event loop, so that timers, sockets and aborts get theirs between two steps. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof setImmediate === "function") setImmediate(resolve);
    else post(resolve);
  });
}

/** A timer of a browser would wait 4 ms once it is nested. */
function post(resolve: () => void): void {
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => {
    port1.close();
    resolve();
  };
  port2.postMessage(null);
}
