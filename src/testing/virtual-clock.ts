/** A clock that goes when it is told to. Seconds. */
export class VirtualClock {
  now = 0;
  readonly #timers = new Map<number, { readonly at: number; readonly wake: () => void }>();
  #nextId = 0;

  /** Calls `wake` when so many seconds have passed; returns how to cancel. */
  schedule(seconds: number, wake: () => void): () => void {
    const id = this.#nextId++;
    this.#timers.set(id, { at: this.now + Math.max(0, seconds), wake });
    return () => this.#timers.delete(id);
  }

  /** Lets time pass, and wakes in order those whose time has come. */
  advance(seconds: number): void {
    this.now += seconds;
    const due = [...this.#timers].filter(([, { at }]) => at <= this.now).sort(([, a], [, b]) => a.at - b.at);
    for (const [id, { wake }] of due) if (this.#timers.delete(id)) wake();
  }
}
