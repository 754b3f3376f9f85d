import { InvalidPolicyError, QueueFullError } from "../errors.ts";
import type { QueuePolicy } from "../policies/queue/queue-policy.ts";
import { Parking } from "./parking.ts";
import { nameOf } from "./policy-answers.ts";
import type { Sequence } from "./sequence.ts";

/**
 * The waiting requests in the order of a policy, bounded by requests and by tokens. A preempted request always comes
 * back in: its tokens are work already done.
 */
export class WaitingQueue {
  readonly #policy: QueuePolicy;
  readonly #maxRequests: number;
  readonly #maxTokens: number;
  readonly #parking = new Parking();
  #tokenCount = 0;
  #count = 0;

  constructor(policy: QueuePolicy, limits: { maxRequests: number; maxTokens: number }) {
    this.#policy = policy;
    this.#maxRequests = limits.maxRequests;
    this.#maxTokens = limits.maxTokens;
  }

  get size(): number {
    return this.#count + this.#parking.size;
  }

  /** Requests that the policy orders: those that are not parked. */
  get readyCount(): number {
    return this.#count;
  }

  /** Requests set aside until something that they lack is there. */
  get parked(): ReadonlyMap<number, readonly Sequence[]> {
    return this.#parking.lots;
  }

  /** Takes a request out of the order until its lot is opened: it lets others pass. */
  park(sequence: Sequence, lot: number, now: number): void {
    this.#policy.remove(sequence, now);
    this.#count--;
    this.#parking.add(sequence, lot);
  }

  /** Puts the lot's requests back into the order. */
  open(lot: number, now: number): void {
    for (const sequence of this.#parking.empty(lot)) {
      this.#policy.add(sequence, now);
      this.#count++;
    }
  }

  /** Tokens of the waiting requests. */
  get tokenCount(): number {
    return this.#tokenCount;
  }

  /** Throws `QueueFullError` where one more request of so many tokens is too much. */
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
    this.#policy.add(sequence, now);
    this.#count++;
    this.#tokenCount += sequence.queuedTokenCount;
  }

  remove(sequence: Sequence, now: number): void {
    if (sequence.parkedIn !== null) this.#parking.remove(sequence);
    else {
      this.#policy.remove(sequence, now);
      this.#count--;
    }
    this.#tokenCount -= sequence.queuedTokenCount;
  }

  /** The request that comes next; stays in. Undefined where none waits. */
  next(now: number): Sequence | undefined {
    const sequence = this.#policy.next(now) as Sequence | undefined;
    const isIn = sequence?.state === "waiting" || sequence?.state === "preempted";
    if (this.#policy.size !== this.#count || isIn !== this.#count > 0) {
      throw new InvalidPolicyError(
        `queue policy ${this.#policy.name} has ${this.#policy.size} requests and named ${nameOf(sequence)}, ` +
          `${this.#count} wait`,
      );
    }
    return sequence;
  }
}
