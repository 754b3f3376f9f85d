import type { KvCache } from "../blocks/kv-cache.ts";
import type { PrefixMatch } from "../blocks/prefix-match.ts";
import { IndexedHeap } from "../collections/heap.ts";
import { InvalidRequestError, TimeoutError } from "../errors.ts";
import type { FinishReason, RequestId, RequestState } from "../request.ts";
import type { Admission } from "./admission.ts";
import { Directory } from "./directory.ts";
import type { StepRecord } from "./in-flight.ts";
import type { Listeners } from "./listeners.ts";
import type { ResolvedSchedulerOptions } from "./options.ts";
import type { PlanColumns } from "./plan.ts";
import { type Deferral, NONE, type Sequence } from "./sequence.ts";
import type { Slots } from "./slots.ts";
import { WaitingQueue } from "./waiting-queue.ts";

/** What a lifecycle works on. */
export interface LifecycleParts {
  readonly kv: KvCache;
  readonly slots: Slots;
  readonly plan: PlanColumns;
  readonly options: ResolvedSchedulerOptions;
  readonly listeners: Listeners;
}

/**
 * All requests that have not ended, and every move between their states. No other file writes a request's state.
 *
 * Laws: each request is waiting (in the queue, or as a follower for another's prompt), running (at a slot) or paused:
 * running + waiting + followers + paused = requests.
 */
export class Lifecycle {
  readonly requests = new Directory();
  readonly waiting: WaitingQueue;
  /** Requests whose next sample depends on their tokens. */
  readonly steered = new Set<Sequence>();
  pausedCount = 0;
  finished = 0;
  aborted = 0;
  failed = 0;
  preemptions = 0;
  readonly #kv: KvCache;
  readonly #slots: Slots;
  readonly #plan: PlanColumns;
  readonly #listeners: Listeners;
  /** Requests with a deadline or queue timeout, soonest first. */
  readonly #expiring = new IndexedHeap<Sequence>((a, b) => a.expiresAt - b.expiresAt);

  constructor({ kv, slots, plan, options, listeners }: LifecycleParts) {
    this.#kv = kv;
    this.#slots = slots;
    this.#plan = plan;
    this.#listeners = listeners;
    const limits = { maxRequests: options.maxWaitingRequests, maxTokens: options.maxWaitingTokens };
    this.waiting = new WaitingQueue(options.queue, limits);
  }

  /** When the next request expires; `Infinity` for never. */
  get nextExpiry(): number {
    return this.#expiring.first?.expiresAt ?? Number.POSITIVE_INFINITY;
  }

  assertNew(id: RequestId): void {
    if (this.requests.has(id)) {
      throw new InvalidRequestError(`id ${String(id)} is in use by a request that has not ended`);
    }
  }

  /**
   * Adds a new request, and the choices that follow its first. Throws `QueueFullError`, or what the queue policy or the
   * decision log throws, with nothing changed. `plan`: index of the next one.
   */
  add(sequence: Sequence, followers: readonly Sequence[], plan: number, now: number): void {
    this.waiting.assertRoomFor(sequence.tokenCount);
    for (const each of [sequence, ...followers]) this.#register(each);
    this.#lead(sequence, followers);
    this.#wait(sequence, now);
    this.#listeners.note?.("submit", now, plan, sequence.id, sequence.promptTokenCount);
    if (!this.#listeners.hasFailed) return;
    this.waiting.remove(sequence, now);
    for (const each of [sequence, ...followers]) this.#unregister(each);
    this.waiting.ended(sequence, now);
    this.#listeners.rethrow();
  }

  /** Adds another beam of a request. It runs beside the first, on the same blocks, or waits as preempted. */
  addBranch(parent: Sequence, sequence: Sequence, admission: Admission, now: number): void {
    const isBeside = parent.state === "running" && admission.fitsBeside(parent, sequence);
    this.#register(sequence);
    this.#start(parent.state === "running" ? parent : null, sequence, isBeside, now);
  }

  /**
   * Starts a follower whose first token has arrived. It runs beside its leader, on the same blocks, or waits as
   * preempted.
   */
  begin(sequence: Sequence, parent: Sequence | null, admission: Admission, now: number): void {
    let isBeside = false;
    try {
      isBeside = parent !== null && admission.fitsBeside(parent, sequence);
    } catch (error) {
      // The admission policy answered wrongly: the choice waits.
      this.#listeners.keep(error);
    }
    this.#leaveLeader(sequence);
    this.#start(parent, sequence, isBeside, now);
  }

  /** Notes why the request was not admitted or got no token; null clears it. */
  defer(sequence: Sequence, deferral: Deferral | null): void {
    sequence.deferral = deferral;
  }

  /**
   * Moves a waiting request to `running`: it gets a slot that begins with its match. `record`: of the plan that admits
   * it.
   */
  admit(sequence: Sequence, match: PrefixMatch, { plan, journal, madeAt }: StepRecord): void {
    const matched = match.tokenCount;
    this.waiting.remove(sequence, madeAt);
    sequence.become("running");
    sequence.deferral = null;
    sequence.matchedTokenCount = matched;
    sequence.admittedBy = plan.index;
    if (sequence.firstAdmittedBy === NONE) {
      sequence.firstAdmittedBy = plan.index;
      sequence.cachedTokenCount = matched;
      sequence.admittedAt = madeAt;
    }
    for (const follower of sequence.followers) follower.admittedBy = plan.index;
    this.#slots.enter(sequence, matched);
    this.#kv.tables.open(sequence.slot, sequence.domain, sequence.cacheable);
    match.attach(sequence.slot, this.#kv, journal);
    for (const each of [sequence, ...sequence.followers]) {
      if (each.expiresAt !== each.deadline) this.#expireAt(each, each.deadline);
    }
  }

  /** Preempts a running request: it releases its blocks and waits in its old place of the queue. */
  preempt(sequence: Sequence, now: number): void {
    this.preemptions++;
    sequence.preemptionCount++;
    this.requeue(sequence, now);
  }

  /** Returns a running request to its old place in the queue. */
  requeue(sequence: Sequence, now: number): void {
    this.#leave(sequence, sequence.wasStarted ? "preempted" : "waiting");
    this.#wait(sequence, now);
  }

  /** Returns all running requests to the queue. */
  requeueAll(now: number): void {
    const { running } = this.#slots;
    while (running.length > 0) this.requeue(running[0], now);
  }

  /** Undoes an admission by a failed plan: the request waits again, without cached tokens. */
  undoAdmission(sequence: Sequence, now: number): void {
    if (sequence.firstAdmittedBy === sequence.admittedBy) {
      sequence.firstAdmittedBy = NONE;
      sequence.cachedTokenCount = 0;
      sequence.admittedAt = null;
    }
    this.requeue(sequence, now);
  }

  pause(sequence: Sequence, now: number): void {
    this.#withdraw(sequence, "paused", now);
    this.pausedCount++;
    this.disband(sequence, now);
  }

  resume(sequence: Sequence, now: number): void {
    sequence.become(sequence.wasStarted ? "preempted" : "waiting");
    this.pausedCount--;
    this.#wait(sequence, now);
  }

  /**
   * Ends a request in any state and releases its blocks. Does nothing if it has ended, because another choice may have
   * ended it.
   */
  end(sequence: Sequence, reason: FinishReason, error: Error | null, now: number): void {
    if (sequence.state === "finished") return;
    if (sequence.state === "running") this.#retain(sequence, now);
    this.#withdraw(sequence, "finished", now);
    this.disband(sequence, now);
    sequence.finishReason = reason;
    sequence.error = error;
    if (reason === "abort") this.aborted++;
    else if (reason === "error") this.failed++;
    else this.finished++;
    this.#listeners.note?.("end", now, NONE, sequence.label, sequence.outputTokenCount, reason);
    this.#unregister(sequence);
    this.waiting.ended(sequence, now);
    this.#listeners.leftAdmission?.(sequence);
    this.#listeners.onEnd?.(sequence);
  }

  /** Ends the requests whose deadline or queue timeout has passed. */
  expire(now: number): void {
    for (let each = this.#expiring.first; each !== undefined && each.expiresAt <= now; each = this.#expiring.first) {
      const what =
        each.expiresAt === each.deadline ? `deadline ${each.deadline}` : `queue timeout at ${each.queueDeadline}`;
      this.end(each, "error", new TimeoutError(`request ${each.label}: ${what} has passed, it is ${now}`), now);
    }
  }

  /**
   * The followers cannot begin with this one's prompt: the first of them becomes the leader of the others and waits.
   */
  disband(sequence: Sequence, now: number): void {
    const [first, ...rest] = sequence.followers;
    if (first === undefined) return;
    this.#lead(sequence, []);
    this.#lead(first, rest);
    this.#wait(first, now);
  }

  #register(sequence: Sequence): void {
    sequence.domain = this.#kv.prefixes.domains.acquire(sequence.cacheSalt, sequence.adapterId);
    this.requests.add(sequence);
    if (sequence.steering?.needsHost === true) this.steered.add(sequence);
    this.#expireAt(sequence, Math.min(sequence.deadline, sequence.queueDeadline));
  }

  #unregister(sequence: Sequence): void {
    this.#expireAt(sequence, Number.POSITIVE_INFINITY);
    this.#kv.prefixes.domains.release(sequence.domain);
    this.requests.delete(sequence);
    this.steered.delete(sequence);
  }

  /** Makes these choices followers: they wait for this one's prompt. */
  #lead(sequence: Sequence, followers: readonly Sequence[]): void {
    sequence.leader = null;
    sequence.deferral = null;
    sequence.followers = followers;
    for (const follower of followers) {
      follower.leader = sequence;
      follower.deferral = { reason: "sibling" };
    }
  }

  /** Detaches a follower from its leader. */
  #leaveLeader(sequence: Sequence): void {
    const leader = sequence.leader!;
    leader.followers = leader.followers.filter((other) => other !== sequence);
    sequence.leader = null;
    sequence.deferral = null;
  }

  /** The request runs beside its parent, or waits as preempted. */
  #start(parent: Sequence | null, sequence: Sequence, isBeside: boolean, now: number): void {
    if (parent !== null) {
      sequence.firstAdmittedBy = parent.firstAdmittedBy;
      sequence.cachedTokenCount = parent.cachedTokenCount;
      sequence.admittedAt = parent.admittedAt;
    }
    sequence.become("running");
    if (isBeside) this.#fork(parent!, sequence, now);
    else {
      // It ran as a sample of its leader's row, so it waits as preempted.
      sequence.become("preempted");
      this.#wait(sequence, now);
    }
  }

  /** A choice begins with its parent's settled tokens, on the same blocks. */
  #fork(parent: Sequence, sequence: Sequence, now: number): void {
    const settled = this.#slots.settled[parent.slot];
    sequence.matchedTokenCount = settled;
    this.#slots.enter(sequence, settled);
    this.#kv.tables.open(sequence.slot, sequence.domain, sequence.cacheable);
    this.#kv.tables.fork(parent.slot, sequence.slot, settled);
    this.#listeners.note?.("fork", now, NONE, sequence.label, settled);
  }

  #wait(sequence: Sequence, now: number): void {
    // Noted, because a preempted request's last token may still arrive while it waits.
    sequence.queuedTokenCount = sequence.tokenCount;
    this.waiting.add(sequence, now);
  }

  /** Takes a request out of its slot, the queue or its leader's followers. */
  #withdraw(sequence: Sequence, state: RequestState, now: number): void {
    if (sequence.state === "running") {
      this.#leave(sequence, state);
      return;
    }
    if (sequence.state === "paused") this.pausedCount--;
    else if (sequence.leader !== null) this.#leaveLeader(sequence);
    else this.waiting.remove(sequence, now);
    sequence.become(state);
  }

  /** Releases a running request's blocks and slot. */
  #leave(sequence: Sequence, state: RequestState): void {
    const { slot } = sequence;
    sequence.become(state);
    sequence.knownComputed = Math.max(sequence.knownComputed, this.#slots.settled[slot]);
    this.#kv.tables.release(slot);
    this.#plan.drop(slot);
    this.#slots.leave(sequence);
  }

  /** Tells the eviction policy to keep the request's cached blocks for its retention. */
  #retain({ slot, retention }: Sequence, now: number): void {
    if (retention === null) return;
    const { tables, pool, prefixes } = this.#kv;
    for (const group of tables.groups) {
      for (let index = group.first[slot]; index < tables.counts[slot]; index++) {
        const block = group.get(slot, index);
        if (pool.labels[block] !== 0) {
          prefixes.eviction.retain?.(block, retention.priority, now + retention.duration);
        }
      }
    }
  }

  #expireAt(sequence: Sequence, time: number): void {
    if (sequence.expiresAt < Number.POSITIVE_INFINITY) this.#expiring.remove(sequence);
    sequence.expiresAt = time;
    if (time < Number.POSITIVE_INFINITY) this.#expiring.push(sequence);
  }
}
