/**
 * The engine's loop waits here while nothing can be planned: until a time, or until a call of `ring`. Law: when `wait`
 * returns, its timer is cleared.
 */
export class Alarm {
  readonly #clock: () => number;
  readonly #timer: (seconds: number, wake: () => void) => () => void;
  #wake: (() => void) | null = null;

  constructor(clock: () => number, timer: (seconds: number, wake: () => void) => () => void) {
    this.#clock = clock;
    this.#timer = timer;
  }

  /** `Infinity` asks for no timer. */
  async wait(until: number): Promise<void> {
    let cancel: (() => void) | undefined;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      if (until < Number.POSITIVE_INFINITY) cancel = this.#timer(until - this.#clock(), resolve);
    });
    this.#wake = null;
    cancel?.();
  }

  /** Ends the wait, where there is one. */
  ring(): void {
    this.#wake?.();
  }
}

/** Longest wait of one timer: `setTimeout` takes 31 bits of milliseconds, 24 days. A longer wait is split. */
const MAX_TIMER_SECONDS = (2 ** 31 - 1) / 1000;

/** The platform's timer. */
export function platformTimer(seconds: number, wake: () => void): () => void {
  const timer = setTimeout(wake, 1000 * Math.min(MAX_TIMER_SECONDS, Math.max(0, seconds)));
  return () => clearTimeout(timer);
}

/**
 * A clock that never goes back, as the scheduler and its policies need one: where the given one does, this one stands
 * until it is caught up.
 */
export function steadyClock(clock: () => number): () => number {
  let latest = Number.NEGATIVE_INFINITY;
  return () => {
    const now = clock();
    if (now > latest) latest = now;
    return latest;
  };
}

/** The clock's time; the fallback where the clock is what broke. */
export function timeOr(clock: () => number, fallback: number): number {
  try {
    return clock();
  } catch {
    return fallback;
  }
}
