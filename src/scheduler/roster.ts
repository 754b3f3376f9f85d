import type { KvCache } from "../blocks/kv-cache.ts";
import { InvalidRequestError, TimeoutError } from "../errors.ts";
import { IndexedHeap } from "../policies/queue/indexed-heap.ts";
import type { FinishReason, RequestId, Retention } from "../request.ts";
import { Directory } from "./directory.ts";
import { NONE, type Entry } from "./entry.ts";
import type { ResolvedSchedulerOptions } from "./options.ts";
import type { Residents } from "./residents.ts";
import { WaitingQueue } from "./waiting-queue.ts";

/**
 * All requests that have not ended, and the moves between their states.
 *
 * Laws: each is waiting (in the queue, or as a follower for another's prompt), running (a resident) or paused:
 * running + waiting + followers + paused = entries.
 */
export class Roster {
  readonly entries = new Directory();
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

  /** Takes a new request in, and the choices that follow its first. Throws `QueueFullError`, with nothing changed. */
  add(entry: Entry, followers: readonly Entry[], now: number): void {
    this.waiting.assertRoomFor(entry.tokenCount);
    for (const each of [entry, ...followers]) this.#open(each);
    entry.lead(followers);
    this.waiting.add(entry, now);
  }

  /** Takes in another beam of a request: it runs beside the first, on the same blocks, or waits as preempted. */
  branch(parent: Entry, entry: Entry, now: number): void {
    this.#open(entry);
    this.#startBeside(parent.state === "running" ? parent : null, entry, now);
  }

  #open(entry: Entry): void {
    entry.domain = this.#kv.prefixes.domains.acquire(entry.cacheSalt, entry.adapterId);
    entry.isDrafted = this.#options.drafter !== undefined && !entry.branches;
    entry.noteSerial();
    this.entries.add(entry);
    this.#expireAt(entry, Math.min(entry.deadline, entry.queueDeadline));
  }

  /** A waiting request was given its place among the running. */
  started(entry: Entry, now: number): void {
    this.waiting.remove(entry, now);
    if (entry.expiresAt === entry.deadline) return;
    this.#expireAt(entry, entry.deadline);
    for (const follower of entry.followers) this.#expireAt(follower, follower.deadline);
  }

  /** A follower's first token is here: it runs beside the parent, on the same blocks, or waits as preempted. */
  begin(entry: Entry, parent: Entry | null, now: number): void {
    entry.leaveLeader();
    this.#startBeside(parent, entry, now);
  }

  #startBeside(parent: Entry | null, entry: Entry, now: number): void {
    if (parent !== null) {
      entry.firstAdmittedBy = parent.firstAdmittedBy;
      entry.cachedTokenCount = parent.cachedTokenCount;
    }
    // What is in flight of the parent may fail, and the fork would not hear of it: it waits, and is admitted by a plan of its own.
    if (parent !== null && parent.inFlightCount === 0 && this.residents.fork(parent, entry)) {
      this.#options.decisionLog?.note("fork", now, -1, entry.label, entry.computedTokenCount);
      return;
    }
    // It ran, as a sample of its leader's row.
    entry.become("running");
    entry.become("preempted");
    this.waiting.add(entry, now);
  }

  /** Followers that can no longer begin with this one's prompt go on together: the first one computes it for the others. */
  disband(entry: Entry, now: number): void {
    const [first, ...rest] = entry.followers;
    if (first === undefined) return;
    entry.lead([]);
    first.lead(rest);
    this.waiting.add(first, now);
  }

  /** A running request back to the queue, in its old place. */
  requeue(entry: Entry, now: number): void {
    this.residents.leave(entry, entry.wasStarted ? "preempted" : "waiting");
    this.waiting.add(entry, now);
  }

  /** The plan that admitted it failed: it waits again, and has taken nothing from the prefix cache. */
  takeAdmissionBack(entry: Entry, now: number): void {
    if (entry.firstAdmittedBy === entry.admittedBy) {
      entry.firstAdmittedBy = NONE;
      entry.cachedTokenCount = 0;
    }
    this.requeue(entry, now);
  }

  pause(entry: Entry, now: number): void {
    if (entry.state === "running") this.residents.leave(entry, "paused");
    else {
      this.#stopWaiting(entry, now);
      entry.become("paused");
    }
    this.pausedCount++;
    this.disband(entry, now);
  }

  resume(entry: Entry, now: number): void {
    entry.become(entry.wasStarted ? "preempted" : "waiting");
    this.pausedCount--;
    this.waiting.add(entry, now);
  }

  /** Ends a request in any state; its blocks are back at once. */
  end(entry: Entry, reason: FinishReason, error: Error | null, now: number): void {
    // A choice may be gone with the end of the one before it.
    if (entry.state === "finished") return;
    if (entry.state === "running") {
      if (entry.retention !== null) this.#retain(entry, entry.retention, now);
      this.residents.leave(entry, "finished");
    } else {
      if (entry.state === "paused") this.pausedCount--;
      else this.#stopWaiting(entry, now);
      entry.become("finished");
    }
    this.disband(entry, now);
    entry.finishReason = reason;
    entry.error = error;
    this.#count(reason);
    this.#options.decisionLog?.note("end", now, -1, entry.label, entry.outputTokenCount, reason);
    this.#expireAt(entry, Number.POSITIVE_INFINITY);
    this.#kv.prefixes.domains.release(entry.domain);
    this.entries.delete(entry);
    this.#options.queue.ended?.(entry, now);
    this.#options.admission.ended?.(entry);
    this.#options.onEnd?.(entry);
  }

  /** Ends those whose time is over. */
  expire(now: number): void {
    for (let entry = this.#expiring.first; entry !== undefined && entry.expiresAt <= now; entry = this.#expiring.first) {
      const what = entry.expiresAt === entry.deadline ? `deadline ${entry.deadline}` : `queue timeout at ${entry.queueDeadline}`;
      this.end(entry, "error", new TimeoutError(`request ${entry.label}: ${what} has passed, it is ${now}`), now);
    }
    this.residents.compact();
  }

  /** What of its blocks is cached is kept for longer. */
  #retain({ sequence }: Entry, { priority, duration }: Retention, now: number): void {
    for (const { ids, first, count } of sequence!.tables) {
      for (let index = first; index < count; index++) {
        if (this.#kv.pool.labelOf(ids[index]) !== 0) this.#options.eviction.retain?.(ids[index], priority, now + duration);
      }
    }
  }

  #stopWaiting(entry: Entry, now: number): void {
    if (entry.leader === null) this.waiting.remove(entry, now);
    else entry.leaveLeader();
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
