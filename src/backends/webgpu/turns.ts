/**
 * Work that is handed to a queue in the order of the calls: at once where nothing waits, else behind what waits.
 *
 * Law: `start` functions run in the order of their `take` calls.
 */
export class Turns {
  /** Settles when the last work that had to wait has started. */
  #gate: Promise<void> | null = null;

  /** Runs `start` when all earlier work has started and what `blocker` gives, if anything, has settled. */
  take<T>(start: () => Promise<T>, blocker: () => Promise<unknown> | null = () => null): Promise<T> {
    if (this.#gate === null && blocker() === null) return start();
    const running = this.#wait(this.#gate, blocker).then(() => ({ result: start() }));
    const gate = running.then(ignore, ignore).then(() => {
      if (this.#gate === gate) this.#gate = null;
    });
    this.#gate = gate;
    return running.then(({ result }) => result);
  }

  async #wait(gate: Promise<void> | null, blocker: () => Promise<unknown> | null): Promise<void> {
    await gate;
    await blocker();
  }
}

function ignore(): void {}
