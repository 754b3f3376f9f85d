import type { Scheduler } from "../scheduler/scheduler.ts";

/** Resets of the prefix cache that wait for the steps in flight to end. Waiting resets run together. */
export class Resets {
  #recompute = false;
  readonly #waiting: { readonly done: () => void; readonly failed: (error: Error) => void }[] = [];

  get isWanted(): boolean {
    return this.#waiting.length > 0;
  }

  /** Resolves once the cache is empty. `recompute`: running requests compute their tokens again. */
  add(recompute: boolean): Promise<void> {
    this.#recompute ||= recompute;
    return new Promise((done, failed) => this.#waiting.push({ done, failed }));
  }

  /** Only while no plan is in flight. */
  perform(scheduler: Scheduler, now: number): void {
    if (this.#recompute) scheduler.recompute(now);
    else scheduler.resetPrefixCache({ force: true });
    this.#recompute = false;
    for (const { done } of this.#waiting.splice(0)) done();
  }

  fail(error: Error): void {
    for (const { failed } of this.#waiting.splice(0)) failed(error);
  }
}
