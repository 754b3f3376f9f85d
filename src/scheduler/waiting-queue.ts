import { QueueFullError } from "../errors.ts";
import type { QueuePolicy } from "../policies/queue/queue-policy.ts";
import type { Sequence } from "./sequence.ts";

/**
 * The waiting requests in the order of a policy, bounded by requests and by tokens. A preempted request always returns,
 * because its tokens are work already done.
 */
export class WaitingQueue {
  readonly #order: QueuePolicy;
  readonly #maxRequests: number;
  readonly #maxTokens: number;
  /** Parked requests, by what they lack. No lot is empty. */
  readonly lots = new Map<number, Sequence[]>();
  #parkedCount = 0;
  #tokenCount = 0;

  constructor(order: QueuePolicy, limits: { maxRequests: number; maxTokens: number }) {
    this.#order = order;
    this.#maxRequests = limits.maxRequests;
    this.#maxTokens = limits.maxTokens;
  }

  get size(): number {
    return this.#order.size + this.#parkedCount;
  }

  /** Requests that the policy orders: all that are not parked. */
  get readyCount(): number {
    return this.#order.size;
  }

  /** Takes a request out of the order until its lot is opened, so that others pass it. */
  park(sequence: Sequence, lot: number, now: number): void {
    this.#order.remove(sequence, now);
    const sequences = this.lots.get(lot);
    if (sequences === undefined) this.lots.set(lot, [sequence]);
    else sequences.push(sequence);
    sequence.parkedIn = lot;
    this.#parkedCount++;
  }

  /** Puts the lot's requests back into the order. */
  open(lot: number, now: number): void {
    const sequences = this.lots.get(lot) ?? [];
    this.lots.delete(lot);
    this.#parkedCount -= sequences.length;
    for (const sequence of sequences) {
      sequence.parkedIn = null;
      this.#order.add(sequence, now);
    }
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
    const lot = sequence.parkedIn;
    if (lot === null) this.#order.remove(sequence, now);
    else {
      const left = this.lots.get(lot)!.filter((other) => other !== sequence);
      if (left.length === 0) this.lots.delete(lot);
      else this.lots.set(lot, left);
      sequence.parkedIn = null;
      this.#parkedCount--;
    }
    this.#tokenCount -= sequence.queuedTokenCount;
  }

  /** The request ended. */
  ended(sequence: Sequence, now: number): void {
    this.#order.ended?.(sequence, now);
  }

  /** The request that comes next; stays in. Undefined where none waits. */
  next(now: number): Sequence | undefined {
    return this.#order.next(now) as Sequence | undefined;
  }
}
