import type { RequestView } from "../../request.ts";

/**
 * In which order waiting requests are admitted. Holds the waiting requests themselves.
 *
 * Law: what was added and not removed is in exactly once, and `next` names one of them while there is one.
 */
export interface QueuePolicy {
  readonly name: string;
  readonly size: number;
  /** A new request, or one that was preempted. */
  add(request: RequestView, now: number): void;
  /** Takes a request out: admitted, aborted or expired. Only called for one that is in. */
  remove(request: RequestView, now: number): void;
  /** Who comes next; stays in until it is removed. */
  next(now: number): RequestView | undefined;
  /** Tokens that a step spent on a request: computed prompt tokens (prefix hits are none), produced tokens. */
  charge?(request: RequestView, promptTokens: number, outputTokens: number): void;
  /** The request ended, in whatever way. */
  ended?(request: RequestView, now: number): void;
}
