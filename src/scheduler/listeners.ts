/**
 * A caller's functions, called in the midst of a change. What one throws is kept until the change is complete, and then
 * thrown by the scheduler's call that made it: a listener cannot leave a change half done.
 */
export class Listeners {
  #hasFailed = false;
  #error: unknown;

  /** Whether one threw since the last `rethrow`. */
  get hasFailed(): boolean {
    return this.#hasFailed;
  }

  /** The listener, which throws nothing; undefined for none. */
  guard<T>(listener: ((value: T) => void) | undefined): ((value: T) => void) | undefined {
    if (listener === undefined) return undefined;
    return (value) => {
      try {
        listener(value);
      } catch (error) {
        if (!this.#hasFailed) this.#error = error;
        this.#hasFailed = true;
      }
    };
  }

  /** The change is complete: throws the first error of those that were kept. */
  rethrow(): void {
    if (!this.#hasFailed) return;
    this.#hasFailed = false;
    throw this.#error;
  }
}
