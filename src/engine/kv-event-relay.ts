import type { KvEvent } from "../blocks/events.ts";

/** Tells events, in order, after the scheduler's call that made them: whoever listens may call the engine. */
export class KvEventRelay {
  readonly #listener: ((event: KvEvent) => void) | undefined;
  readonly #events: KvEvent[] = [];

  constructor(listener: ((event: KvEvent) => void) | undefined) {
    this.#listener = listener;
  }

  /** Takes the scheduler's events in; undefined where nobody listens. */
  get note(): ((event: KvEvent) => void) | undefined {
    return this.#listener && ((event) => this.#push(event));
  }

  tell(): void {
    // One at a time: the listener may make the next ones, and tell them.
    while (this.#events.length > 0) this.#listener!(this.#events.shift()!);
  }

  #push(event: KvEvent): void {
    this.#events.push(event);
    // Where nobody else does, as whoever calls the scheduler directly.
    if (this.#events.length === 1) queueMicrotask(() => this.tell());
  }
}
