import type { KvEvent } from "../blocks/events.ts";

/** Delivers events in order, after the scheduler's call that made them, so that a listener may call the engine. */
export class KvEventRelay {
  readonly #listener: ((event: KvEvent) => void) | undefined;
  readonly #onError: (error: unknown) => void;
  readonly #events: KvEvent[] = [];

  /** `onError` is told what the listener throws where the relay, and not the engine, calls it. */
  constructor(listener: ((event: KvEvent) => void) | undefined, onError: (error: unknown) => void) {
    this.#listener = listener;
    this.#onError = onError;
  }

  /** Takes the scheduler's events in; undefined without a listener. */
  get note(): ((event: KvEvent) => void) | undefined {
    return this.#listener && ((event) => this.#push(event));
  }

  /** What the listener throws is thrown, and nothing further is told. */
  tell(): void {
    try {
      // One at a time: the listener may make the next ones, and tell them.
      while (this.#events.length > 0) this.#listener!(this.#events.shift()!);
    } catch (error) {
      this.#events.length = 0;
      throw error;
    }
  }

  #push(event: KvEvent): void {
    this.#events.push(event);
    // For callers that use the scheduler directly.
    if (this.#events.length === 1) queueMicrotask(() => this.#tellAlone());
  }

  #tellAlone(): void {
    try {
      this.tell();
    } catch (error) {
      this.#onError(error);
    }
  }
}
