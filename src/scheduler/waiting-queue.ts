import { QueueFullError } from "../errors.ts";
import type { QueuePolicy } from "../policies/queue/queue-policy.ts";
import type { Entry } from "./entry.ts";

/**
 * The waiting requests in the order of a policy, bounded by requests and by tokens. A preempted request always comes
 * back in: its tokens are work already done.
 */
export class WaitingQueue {
  readonly #policy: QueuePolicy;
  readonly #maxRequests: number;
  readonly #maxTokens: number;
  #tokenCount = 0;

  constructor(policy: QueuePolicy, limits: { maxRequests: number; maxTokens: number }) {
    this.#policy = policy;
    this.#maxRequests = limits.maxRequests;
    this.#maxTokens = limits.maxTokens;
  }

  get size(): number {
    return this.#policy.size;
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
    // Noted, for a preempted request's last token may still arrive while it waits.
    entry.queuedTokenCount = entry.tokenCount;
    this.#tokenCount += entry.tokenCount;
  }

  remove(entry: Entry, now: number): void {
    this.#policy.remove(entry, now);
    this.#tokenCount -= entry.queuedTokenCount;
  }

  /** Who comes next; stays in. */
  next(now: number): Entry | undefined {
    return this.#policy.next(now) as Entry | undefined;
  }
}
