import { InvalidPolicyError, QueueFullError } from "../errors.ts";
import type { QueuePolicy } from "../policies/queue/queue-policy.ts";
import type { Entry } from "./entry.ts";
import { Parking } from "./parking.ts";
import { nameOf } from "./policy-answers.ts";

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
  get parked(): ReadonlyMap<number, readonly Entry[]> {
    return this.#parking.lots;
  }

  /** Takes a request out of the order until its lot is opened: it lets others pass. */
  park(entry: Entry, lot: number, now: number): void {
    this.#policy.remove(entry, now);
    this.#count--;
    this.#parking.add(entry, lot);
  }

  /** Puts the lot's requests back into the order. */
  open(lot: number, now: number): void {
    for (const entry of this.#parking.empty(lot)) {
      this.#policy.add(entry, now);
      this.#count++;
    }
  }

  /** Tokens of the waiting requests. */
  get tokenCount(): number {
    return this.#tokenCount;
  }

  /** Throws `QueueFullError` where one more request of so many tokens is too much. */
  assertRoomFor(tokens: number): void {
    if (this.size >= this.#maxRequests) throw new QueueFullError(`${this.size} requests are waiting, the limit is ${this.#maxRequests}`);
    if (this.#tokenCount + tokens > this.#maxTokens) {
      throw new QueueFullError(`${this.#tokenCount} tokens are waiting, ${tokens} more are beyond the limit of ${this.#maxTokens}`);
    }
  }

  add(entry: Entry, now: number): void {
    this.#policy.add(entry, now);
    this.#count++;
    // Noted, for a preempted request's last token may still arrive while it waits.
    entry.queuedTokenCount = entry.tokenCount;
    this.#tokenCount += entry.tokenCount;
  }

  remove(entry: Entry, now: number): void {
    if (entry.parkedIn !== null) this.#parking.remove(entry);
    else {
      this.#policy.remove(entry, now);
      this.#count--;
    }
    this.#tokenCount -= entry.queuedTokenCount;
  }

  /** The request that comes next; stays in. Undefined where none waits. */
  next(now: number): Entry | undefined {
    const entry = this.#policy.next(now) as Entry | undefined;
    const isIn = entry?.state === "waiting" || entry?.state === "preempted";
    if (this.#policy.size !== this.#count || isIn !== this.#count > 0) {
      throw new InvalidPolicyError(`queue policy ${this.#policy.name} has ${this.#policy.size} requests and named ${nameOf(entry)}, ${this.#count} wait`);
    }
    return entry;
  }
}
