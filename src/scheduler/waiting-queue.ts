import { QueueFullError } from "../errors.ts";
import type { QueuePolicy } from "../policies/queue/queue-policy.ts";
import type { Listeners } from "./listeners.ts";
import { Parking } from "./parking.ts";
import type { Sequence } from "./sequence.ts";
import { ToldQueue } from "./told-queue.ts";

/**
 * The waiting requests in the order of a policy, bounded by requests and by tokens. A preempted request always comes
 * back in: its tokens are work already done.
 */
export class WaitingQueue {
  readonly #order: ToldQueue;
  readonly #maxRequests: number;
  readonly #maxTokens: number;
  readonly #parking = new Parking();
  #tokenCount = 0;

  constructor(policy: QueuePolicy, limits: { maxRequests: number; maxTokens: number }, listeners: Listeners) {
    this.#order = new ToldQueue(policy, listeners);
    this.#maxRequests = limits.maxRequests;
    this.#maxTokens = limits.maxTokens;
  }

  get size(): number {
    return this.#order.size + this.#parking.size;
  }

  /** Requests that the policy orders: all that are not parked. */
  get readyCount(): number {
    return this.#order.size;
  }

  /** Requests set aside until something that they lack is there. */
  get parked(): ReadonlyMap<number, readonly Sequence[]> {
    return this.#parking.lots;
  }

  /** Takes a request out of the order until its lot is opened: it lets others pass. */
  park(sequence: Sequence, lot: number, now: number): void {
    this.#order.remove(sequence, now);
    this.#parking.add(sequence, lot);
  }

  /** Puts the lot's requests back into the order. */
  open(lot: number, now: number): void {
    for (const sequence of this.#parking.empty(lot)) this.#order.add(sequence, now);
  }

  /** Tokens of the waiting requests. */
  get tokenCount(): number {
    return this.#tokenCount;
  }

  /** Throws `QueueFullError` if one more request of `tokens` tokens is too much. */
  assertRoomFor(tokens: number): void {
    if (this.size >= this.#maxRequests) {
      throw new QueueFullError(`${this.size} requests are waiting, the limit is ${this.#maxRequests}`);
    }
    if (this.#tokenCount + tokens > this.#maxTokens) {
      throw new QueueFullError(
        `${this.#tokenCount} tokens are waiting, ${tokens} more are beyond the limit of ${this.#maxTokens}`,
      );
    }
  }

  /** The request's `queuedTokenCount` is what counts for it until it is removed. */
  add(sequence: Sequence, now: number): void {
    this.#order.add(sequence, now);
    this.#tokenCount += sequence.queuedTokenCount;
  }

  remove(sequence: Sequence, now: number): void {
    if (sequence.parkedIn !== null) this.#parking.remove(sequence);
    else this.#order.remove(sequence, now);
    this.#tokenCount -= sequence.queuedTokenCount;
  }

  /** The request ended. */
  ended(sequence: Sequence, now: number): void {
    this.#order.ended(sequence, now);
  }

  /** The request that comes next; stays in. Undefined where none waits. */
  next(now: number): Sequence | undefined {
    return this.#order.next(now);
  }
}
