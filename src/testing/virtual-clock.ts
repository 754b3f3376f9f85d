/** A clock that goes when it is told to. Seconds. */
export class VirtualClock {
  now = 0;
  readonly #timers = new Map<number, { readonly at: number; readonly wake: () => void }>();
  #nextId = 0;

  /** Calls `wake` after `seconds`; returns a function that cancels. */
  schedule(seconds: number, wake: () => void): () => void {
    const id = this.#nextId++;
    this.#timers.set(id, { at: this.now + Math.max(0, seconds), wake });
    return () => this.#timers.delete(id);
  }

  /** Lets time pass, and calls due wakes in order. */
  advance(seconds: number): void {
    this.now += seconds;
    const due = [...this.#timers].filter(([, { at }]) => at <= this.now).sort(([, a], [, b]) => a.at - b.at);
    for (const [id, { wake }] of due) if (this.#timers.delete(id)) wake();
  }
}
