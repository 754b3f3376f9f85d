import type { RequestView } from "../../request.ts";
import type { PreemptionPolicy } from "../preemption/preemption-policy.ts";

/** What a queue policy may ask of the prefix cache. */
export interface PrefixView {
  /** How many tokens of the request's beginning are in the prefix cache now. Changes nothing. O(tokens). */
  cachedTokens(request: RequestView): number;
}

/**
 * In which order waiting requests are admitted. Holds the waiting requests themselves.
 *
 * Law: what was added and not removed is in exactly once, and `next` names one of them while there is one.
 */
export interface QueuePolicy {
  readonly name: string;
  readonly size: number;
  /** The preemption policy that goes with this order, where none is given. Default `last-in`. */
  preemption?(): PreemptionPolicy;
  /** Called once, before anything else: a policy object serves one scheduler. */
  attach?(cache: PrefixView): void;
  /** A step begins to admit: an order that follows the cache may be worked out anew. */
  begin?(now: number): void;
  /** Adds a new, preempted, resumed or rolled-back request. */
  add(request: RequestView, now: number): void;
  /** Takes a request out: admitted, paused, aborted or expired. Only called for a queued request. */
  remove(request: RequestView, now: number): void;
  /** The next request; it stays queued until `remove`. */
  next(now: number): RequestView | undefined;
  /**
   * Tokens that steps spend on a request: `promptTokens` of its prompt when the plan that computes them is made
   * (`computedTokenCount` has them by then; prefix hits are none; what is computed again after a preemption is told
   * again), `outputTokens` when they are delivered. A plan that fails takes its prompt tokens back: `promptTokens` is
   * then less than 0, and the request may be waiting again.
   */
  charge?(request: RequestView, promptTokens: number, outputTokens: number): void;
  /** The request ended, in whatever way: `finishReason` says how. It is not in. */
  ended?(request: RequestView, now: number): void;
}
