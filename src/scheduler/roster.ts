import type { KvCache } from "../blocks/kv-cache.ts";
import { InvalidRequestError, TimeoutError } from "../errors.ts";
import { IndexedHeap } from "../policies/queue/indexed-heap.ts";
import type { FinishReason, RequestId } from "../request.ts";
import type { Entry } from "./entry.ts";
import type { ResolvedSchedulerOptions } from "./options.ts";
import type { Residents } from "./residents.ts";
import { WaitingQueue } from "./waiting-queue.ts";

/**
 * All requests that have not ended, and the moves between their states.
 *
 * Laws: each is waiting (in the queue), running (a resident) or paused; with the first two counted by their rooms,
 * running + waiting + paused = entries.
 */
export class Roster {
  readonly entries = new Map<RequestId, Entry>();
  readonly waiting: WaitingQueue;
  readonly residents: Residents;
  pausedCount = 0;
  finished = 0;
  aborted = 0;
  failed = 0;
  readonly #kv: KvCache;
  readonly #options: ResolvedSchedulerOptions;
  /** Those that time ends, soonest first. */
  readonly #expiring = new IndexedHeap<Entry>((a, b) => a.expiresAt - b.expiresAt);

  constructor(kv: KvCache, residents: Residents, options: ResolvedSchedulerOptions) {
    this.#kv = kv;
    this.#options = options;
    this.residents = residents;
    this.waiting = new WaitingQueue(options.queue, { maxRequests: options.maxWaitingRequests, maxTokens: options.maxWaitingTokens });
  }

  /** When the next request expires; `Infinity` for never. */
  get nextExpiry(): number {
    return this.#expiring.first?.expiresAt ?? Number.POSITIVE_INFINITY;
  }

  assertNew(id: RequestId): void {
    if (this.entries.has(id)) throw new InvalidRequestError(`id ${String(id)} is in use by a request that has not ended`);
  }

  /** Takes a new request in. Throws `QueueFullError`, with nothing changed. */
  add(entry: Entry, now: number): void {
    this.waiting.assertRoomFor(entry.tokenCount);
    entry.domain = this.#kv.prefixes.domains.acquire(entry.cacheSalt, entry.adapterId);
    this.entries.set(entry.id, entry);
    this.#expireAt(entry, Math.min(entry.deadline, entry.queueDeadline));
    this.waiting.add(entry, now);
  }

  /** A waiting request was given its place among the running. */
  started(entry: Entry, now: number): void {
    this.waiting.remove(entry, now);
    if (entry.expiresAt !== entry.deadline) this.#expireAt(entry, entry.deadline);
  }

  /** A running request back to the queue, in its old place. */
  requeue(entry: Entry, now: number): void {
    this.residents.leave(entry, entry.wasStarted ? "preempted" : "waiting");
    this.waiting.add(entry, now);
  }

  pause(entry: Entry, now: number): void {
    if (entry.state === "running") this.residents.leave(entry, "paused");
    else {
      this.waiting.remove(entry, now);
      entry.become("paused");
    }
    this.pausedCount++;
  }

  resume(entry: Entry, now: number): void {
    entry.become(entry.wasStarted ? "preempted" : "waiting");
    this.pausedCount--;
    this.waiting.add(entry, now);
  }

  /** Ends a request in any state; its blocks are back at once. */
  end(entry: Entry, reason: FinishReason, error: Error | null, now: number): void {
    if (entry.state === "running") this.residents.leave(entry, "finished");
    else {
      if (entry.state === "paused") this.pausedCount--;
      else this.waiting.remove(entry, now);
      entry.become("finished");
    }
    entry.finishReason = reason;
    entry.error = error;
    this.#count(reason);
    this.#options.decisionLog?.note("end", now, -1, entry.id, entry.outputTokenCount, reason);
    this.#expireAt(entry, Number.POSITIVE_INFINITY);
    this.#kv.prefixes.domains.release(entry.domain);
    this.entries.delete(entry.id);
    this.#options.queue.ended?.(entry, now);
    this.#options.admission.ended?.(entry);
    this.#options.onEnd?.(entry);
  }

  /** Ends those whose time is over. */
  expire(now: number): void {
    while (this.nextExpiry <= now) {
      const entry = this.#expiring.first!;
      const what = entry.expiresAt === entry.deadline ? `deadline ${entry.deadline}` : `queue timeout at ${entry.queueDeadline}`;
      this.end(entry, "error", new TimeoutError(`request ${entry.id}: ${what} has passed, it is ${now}`), now);
    }
    this.residents.compact();
  }

  #expireAt(entry: Entry, time: number): void {
    if (entry.expiresAt < Number.POSITIVE_INFINITY) this.#expiring.remove(entry);
    entry.expiresAt = time;
    if (time < Number.POSITIVE_INFINITY) this.#expiring.push(entry);
  }

  #count(reason: FinishReason): void {
    if (reason === "abort") this.aborted++;
    else if (reason === "error") this.failed++;
    else this.finished++;
  }
}
