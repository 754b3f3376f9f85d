import type { ResolvedSchedulerOptions } from "./options.ts";

/** The options with functions that are told of changes. */
export type ListenerOptions = Pick<
  ResolvedSchedulerOptions,
  "queue" | "admission" | "budget" | "decisionLog" | "onEnd" | "onKvEvent"
>;

/**
 * Functions of policies and of the caller that are told of a change in its midst. What one throws is kept until the
 * change is complete, and then thrown by the scheduler's call that made it: no listener can leave a change half done.
 */
export class Listeners {
  readonly charge: ListenerOptions["queue"]["charge"];
  readonly observe: ListenerOptions["budget"]["observe"];
  readonly onKvEvent: ListenerOptions["onKvEvent"];
  readonly note: NonNullable<ListenerOptions["decisionLog"]>["note"] | undefined;
  readonly notePlan: NonNullable<ListenerOptions["decisionLog"]>["notePlan"] | undefined;
  /** Tells the admission policy that a request ended. */
  readonly leftAdmission: ListenerOptions["admission"]["ended"];
  readonly onEnd: ListenerOptions["onEnd"];
  /** Whether one threw since the last `rethrow`; written here alone. */
  hasFailed = false;
  #error: unknown;

  constructor({ queue, admission, budget, decisionLog: log, onEnd, onKvEvent }: ListenerOptions) {
    this.charge = this.#guard(queue.charge?.bind(queue));
    this.observe = this.#guard(budget.observe?.bind(budget));
    this.note = this.#guard(log?.note.bind(log));
    this.notePlan = this.#guard(log?.notePlan.bind(log));
    this.onKvEvent = this.#guard(onKvEvent);
    this.leftAdmission = this.#guard(admission.ended?.bind(admission));
    this.onEnd = this.#guard(onEnd);
  }

  /** Keeps an error; of several the first. */
  readonly keep = (error: unknown): void => {
    if (!this.hasFailed) this.#error = error;
    this.hasFailed = true;
  };

  /** The change is complete: throws the error that was kept. */
  rethrow(): void {
    if (!this.hasFailed) return;
    const error = this.#error;
    this.hasFailed = false;
    this.#error = undefined;
    throw error;
  }

  #guard<A extends unknown[]>(listener: ((...args: A) => void) | undefined): ((...args: A) => void) | undefined {
    if (listener === undefined) return undefined;
    return (...args) => {
      try {
        listener(...args);
      } catch (error) {
        this.keep(error);
      }
    };
  }
}
