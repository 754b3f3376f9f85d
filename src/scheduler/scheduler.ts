import { assert } from "../assert.ts";
import { KvCache } from "../blocks/kv-cache.ts";
import { MAX_PLANS_IN_FLIGHT } from "../config.ts";
import { InvalidRequestError, StepFailedError } from "../errors.ts";
import type { FinishReason, Request, RequestId, RequestInput } from "../request.ts";
import type { StepPlan, StepResult } from "../step.ts";
import { Entry } from "./entry.ts";
import { assertFeasible } from "./feasible.ts";
import { explain, type Explanation } from "./explanation.ts";
import { checkSchedulerInvariants } from "./invariants.ts";
import { resolveOptions, type ResolvedSchedulerOptions, type SchedulerOptions } from "./options.ts";
import { PlanBuilder } from "./plan-builder.ts";
import { Residents } from "./residents.ts";
import type { SchedulerStats } from "./stats.ts";
import { StepOutcome } from "./step-outcome.ts";
import { StepRecord } from "./step-record.ts";
import { StepShare } from "./step-share.ts";
import { WaitingQueue } from "./waiting-queue.ts";

/** Why `schedule` returned null: nothing is there, what is there needs a plan that is not committed, or is paused. */
export type IdleReason = "empty" | "in-flight" | "paused";

/**
 * Decides, step by step, which tokens of which requests are computed. Knows no device and no clock: plans go out,
 * results come in, and `now` is an argument in whatever unit the caller likes.
 *
 * Every step lets each request's `computedTokenCount` catch up with its `tokenCount`: there is no prefill phase and no decode phase.
 */
export class Scheduler {
  /** Why the last `schedule` returned null; null where it returned a plan. */
  idleReason: IdleReason | null = null;
  readonly kv: KvCache;
  readonly #options: ResolvedSchedulerOptions;
  readonly #entries = new Map<RequestId, Entry>();
  readonly #waiting: WaitingQueue;
  readonly #residents: Residents;
  readonly #share: StepShare;
  readonly #builder: PlanBuilder;
  readonly #records: readonly StepRecord[];
  readonly #outcome: StepOutcome;
  /** Requests that failed too often in company: each is tried alone. */
  readonly #suspects: Entry[] = [];
  #nextIndex = 0;
  #inFlight = 0;
  #submitted = 0;
  #pausedCount = 0;
  readonly #counters = { finished: 0, aborted: 0, failed: 0, preemptions: 0, steps: 0, scheduledTokens: 0, cachedTokens: 0, recomputedTokens: 0, rollbacks: 0 };

  constructor(options: SchedulerOptions) {
    const resolved = resolveOptions(options);
    const { blockCount, blockSize, maxRequests, groups, budget } = resolved;
    this.#options = resolved;
    this.kv = new KvCache(resolved);
    this.#waiting = new WaitingQueue(resolved.queue, { maxRequests: resolved.maxWaitingRequests, maxTokens: resolved.maxWaitingTokens });
    const limits = { maxTokens: budget.maxTokens, maxRequests, blockCount, hostBlockCount: 0, blockSize, groupCount: groups.length };
    this.#builder = new PlanBuilder(this.kv, limits);
    this.#residents = new Residents(this.kv, this.#builder, maxRequests);
    this.#share = new StepShare(this.kv, resolved.chunking);
    this.#records = Array.from({ length: MAX_PLANS_IN_FLIGHT }, () => new StepRecord(this.#builder.columns, maxRequests));
    this.#outcome = new StepOutcome(maxRequests);
  }

  /** Requests that have not ended. */
  get size(): number {
    return this.#entries.size;
  }

  /** Tokens that the next step may carry. */
  get tokenBudget(): number {
    return this.#options.budget.tokens();
  }

  /** When time alone will change what `schedule` decides: `Infinity` for never. */
  get nextWakeAt(): number {
    return Number.POSITIVE_INFINITY;
  }

  /** Plans that are neither committed nor rolled back. */
  get inFlightCount(): number {
    return this.#inFlight;
  }

  /**
   * Takes a request in. Throws, with nothing changed, `InvalidRequestError` for a value that cannot be used,
   * `InfeasibleRequestError` where it would not fit even alone, `QueueFullError` where too many wait.
   */
  submit(input: RequestInput, now: number): Request {
    if (this.#entries.has(input.id)) throw new InvalidRequestError(`id ${String(input.id)} is in use by a request that has not ended`);
    const entry = new Entry(input, { contextLength: this.#options.contextLength, order: this.#submitted, now });
    assertFeasible(entry, this.#options, this.kv.blocksFor(entry.maxLength));
    this.#waiting.assertRoomFor(entry.tokenCount);
    this.#submitted++;
    entry.domain = this.kv.prefixes.domains.acquire(entry.cacheSalt, entry.adapterId);
    this.#entries.set(entry.id, entry);
    this.#waiting.add(entry, now);
    return entry;
  }

  /** Decides the next step: running requests first, then partial prefills, then admissions. Null where there is nothing to do; `idleReason` says why. */
  schedule(now: number): StepPlan | null {
    assert(this.#inFlight < MAX_PLANS_IN_FLIGHT, `${MAX_PLANS_IN_FLIGHT} plans are in flight: commit or roll back first`);
    const record = this.#records[this.#nextIndex % MAX_PLANS_IN_FLIGHT];
    record.plan.index = this.#nextIndex;
    this.#share.begin(this.#options.budget.tokens());
    if (!this.#planSuspect(record, now)) {
      this.#planRunning(now);
      this.#issueRunning(record);
      if (this.#share.mayAdmit) this.#admit(record, now);
    }
    this.idleReason = this.#share.tokenCount === 0 ? this.#whyIdle() : null;
    return this.idleReason === null ? this.#issuePlan(record, now) : null;
  }

  /** The step is done: takes its tokens in. Plans are committed in the order they were issued. The outcome is valid until the next commit. */
  commit(plan: StepPlan, result: StepResult, now: number): StepOutcome {
    const record = this.#recordOf(this.#nextIndex - this.#inFlight);
    assert(this.#inFlight > 0 && record.plan.index === plan.index, () => `commit of plan ${plan.index}: the oldest in flight is ${record.plan.index}`);
    this.#inFlight--;
    this.#outcome.clear();
    this.kv.settle(record.journal);
    this.#settleRows(record);
    for (let sample = 0; sample < record.plan.sampleCount; sample++) this.#deliver(record.samples[sample], result.tokenIds[sample], sample, now);
    this.#residents.compact();
    this.#options.budget.observe?.(plan.tokenCount, now - record.issuedAt);
    return this.#outcome;
  }

  /**
   * The step failed: takes it back, and the one issued after it, newest first. Its requests are planned again; one that keeps
   * failing, alone at last, ends with a `StepFailedError`.
   */
  rollback(plan: StepPlan, now: number, cause?: unknown): void {
    const oldest = this.#nextIndex - this.#inFlight;
    assert(plan.index >= oldest && plan.index < this.#nextIndex, () => `rollback of plan ${plan.index}: in flight are ${oldest}..${this.#nextIndex - 1}`);
    this.#counters.rollbacks++;
    while (this.#nextIndex > plan.index) this.#undo(this.#recordOf(this.#nextIndex - 1), now);
    this.#builder.reset();
    this.#residents.compact();
    this.#blame(this.#recordOf(plan.index), now, cause);
  }

  /** Ends a request for a reason that only the caller can see, such as a stop string. Its blocks are back at once. */
  finish(id: RequestId, reason: Exclude<FinishReason, "error">, now: number): void {
    this.#endById(id, reason, null, now);
  }

  /** Ends a request in any state; its blocks are back at once. Unknown and ended ids are nothing to do. */
  abort(id: RequestId, now: number): void {
    this.finish(id, "abort", now);
  }

  /** Ends a request with an error. */
  fail(id: RequestId, error: Error, now: number): void {
    this.#endById(id, "error", error, now);
  }

  /** Takes a request out of the running until `resume`: it keeps its tokens and gives its blocks back. False where it is unknown or paused already. */
  pause(id: RequestId, now: number): boolean {
    const entry = this.#entries.get(id);
    if (entry === undefined || entry.state === "paused") return false;
    if (entry.state === "running") this.#residents.leave(entry, "paused");
    else {
      this.#waiting.remove(entry, now);
      entry.become("paused");
    }
    this.#residents.compact();
    this.#pausedCount++;
    return true;
  }

  /** Lets a paused request wait for its turn again, in its old place. False where it is not paused. */
  resume(id: RequestId, now: number): boolean {
    const entry = this.#entries.get(id);
    if (entry?.state !== "paused") return false;
    entry.become(entry.wasStarted ? "preempted" : "waiting");
    this.#pausedCount--;
    this.#waiting.add(entry, now);
    return true;
  }

  /** The device and its keys and values are gone: plans in flight are taken back, nothing counts as computed, the prefix cache is empty. */
  invalidateDevice(now: number): void {
    while (this.#inFlight > 0) this.#undo(this.#recordOf(this.#nextIndex - 1), now);
    this.#builder.reset();
    this.#residents.compact();
    for (const entry of this.#residents.running) this.#requeue(entry, now);
    this.#residents.compact();
    this.kv.dropCached();
  }

  /** Why the request is where it is; undefined for one that is unknown or ended. */
  explain(id: RequestId): Explanation | undefined {
    const entry = this.#entries.get(id);
    return entry && explain(entry);
  }

  /** Counters since the start, gauges of now. */
  stats(): SchedulerStats {
    const { pool } = this.kv;
    return {
      ...this.#counters,
      submitted: this.#submitted,
      running: this.#residents.running.length,
      waiting: this.#waiting.size,
      waitingTokens: this.#waiting.tokenCount,
      paused: this.#pausedCount,
      plansInFlight: this.#inFlight,
      blockCount: pool.blockCount,
      freeBlocks: pool.freeCount,
      cachedBlocks: pool.cachedCount,
      heldBlocks: pool.heldCount,
      tokenBudget: this.#options.budget.tokens(),
      bookkeepingBytes: this.kv.byteLength,
    };
  }

  /** [blockCount + 1] who holds each device block, for people: one of the requests, "cached", or null. O(blocks). */
  blockOwners(): (RequestId | "cached" | null)[] {
    const { pool } = this.kv;
    const owners = Array.from({ length: pool.blockCount + 1 }, (_, block) => (block > 0 && pool.labelOf(block) !== 0 ? ("cached" as const) : null) as RequestId | "cached" | null);
    for (const { id, sequence } of this.#residents.running) {
      for (const { ids, first, count } of sequence!.tables) for (let index = first; index < count; index++) owners[ids[index]] = id;
    }
    return owners;
  }

  /** O(blocks + tokens). Throws on the first broken law. */
  checkInvariants(): void {
    this.kv.checkInvariants();
    checkSchedulerInvariants({ kv: this.kv, entries: this.#entries, running: this.#residents.running, waitingCount: this.#waiting.size, pausedCount: this.#pausedCount, inFlight: this.#inFlight });
  }

  /** Shares the budget among the running; each try that finds too few blocks preempts one request, so there are few. */
  #planRunning(now: number): void {
    let needy = this.#share.plan(this.#residents.running);
    while (needy !== undefined) {
      const victim = this.#options.preemption.victim(this.#residents.running) as Entry;
      if (victim === needy) this.#share.stall(needy);
      else this.#preempt(victim, now);
      needy = this.#share.plan(this.#residents.running);
    }
  }

  #issueRunning(record: StepRecord): void {
    const { running } = this.#residents;
    for (let i = 0; i < running.length; i++) if (running[i].chunk > 0) this.#residents.issue(running[i], record.journal);
  }

  #admit(record: StepRecord, now: number): void {
    while (this.#share.remaining > 0 && this.#waiting.size > 0) {
      const entry = this.#waiting.next(now)!;
      entry.deferral = this.#tryAdmit(entry, record, now);
      if (entry.deferral !== null) return;
    }
  }

  /** Where a request has failed too often in company: plans a step with it alone. False where there is none, or no room for it now. */
  #planSuspect(record: StepRecord, now: number): boolean {
    const suspect = this.#suspect();
    if (suspect === undefined || this.#inFlight > 0) return suspect !== undefined;
    this.#share.begin(this.#share.budget, suspect);
    if (this.#share.plan(this.#residents.running) === undefined) {
      if (suspect.state === "running") this.#issueRunning(record);
      else this.#tryAdmit(suspect, record, now);
    }
    if (this.#share.tokenCount > 0) return true;
    this.#share.begin(this.#share.budget);
    return false;
  }

  #tryAdmit(entry: Entry, record: StepRecord, now: number): Entry["deferral"] {
    const deferral = this.#residents.fit(entry, this.#share, this.#options.admission, record.journal);
    if (deferral !== null) return deferral;
    this.#waiting.remove(entry, now);
    if (entry.state === "preempted") this.#counters.recomputedTokens += entry.tokenCount - entry.computedTokenCount;
    this.#residents.enter(entry, record);
    this.#counters.cachedTokens += entry.cachedTokenCount;
    return null;
  }

  #issuePlan(record: StepRecord, now: number): StepPlan {
    this.#nextIndex++;
    record.issuedAt = now;
    this.kv.seal(record.journal);
    this.#builder.build(this.#residents.running, record);
    this.#inFlight++;
    this.#counters.steps++;
    this.#counters.scheduledTokens += record.plan.tokenCount;
    return record.plan;
  }

  #whyIdle(): IdleReason {
    if (this.#inFlight > 0) return "in-flight";
    if (this.#entries.size === 0) return "empty";
    assert(this.#pausedCount === this.#entries.size, "requests wait, nothing runs and nothing is in flight");
    return "paused";
  }

  #recordOf(index: number): StepRecord {
    return this.#records[index % MAX_PLANS_IN_FLIGHT];
  }

  #settleRows(record: StepRecord): void {
    for (let row = 0; row < record.plan.requestCount; row++) {
      const entry = record.requests[row];
      entry.failureCount = 0;
      if (entry.stay !== record.stays[row]) continue;
      entry.inFlightCount -= record.tokens[row];
      this.#residents.slide(entry);
    }
  }

  #deliver(entry: Entry, tokenId: number, sample: number, now: number): void {
    if (entry.state === "finished") return;
    entry.pendingCount--;
    entry.tokens[entry.tokenCount++] = tokenId;
    this.#outcome.addToken(entry, tokenId, sample);
    const reason = entry.stopTokenIds.includes(tokenId) ? "stop" : entry.tokenCount >= entry.maxLength ? "length" : null;
    if (reason !== null) {
      this.#end(entry, reason, null, now);
      this.#outcome.addFinished(entry);
    } else if (this.#inFlight > 0) this.#residents.index(entry, this.#recordOf(this.#nextIndex - 1).journal);
  }

  #undo(record: StepRecord, now: number): void {
    for (let row = record.plan.requestCount - 1; row >= 0; row--) {
      const entry = record.requests[row];
      if (entry.stay !== record.stays[row]) continue;
      if (entry.admittedBy === record.plan.index) this.#requeue(entry, now);
      else this.#residents.retract(entry, record.tokens[row]);
    }
    for (let sample = 0; sample < record.plan.sampleCount; sample++) record.samples[sample].pendingCount--;
    this.kv.revert(record.journal);
    this.#nextIndex--;
    this.#inFlight--;
  }

  /** Counts the failure for the plan's requests, and ends one that failed alone once too often. */
  #blame(record: StepRecord, now: number, cause: unknown): void {
    for (let row = 0; row < record.plan.requestCount; row++) {
      const entry = record.requests[row];
      if (entry.state === "finished" || ++entry.failureCount < this.#options.maxFailures) continue;
      if (record.plan.requestCount > 1) {
        if (!this.#suspects.includes(entry)) this.#suspects.push(entry);
        continue;
      }
      this.#end(entry, "error", new StepFailedError(`${entry.failureCount} steps of request ${entry.id} failed in a row, the last one with this request alone`, { cause }), now);
      this.#residents.compact();
    }
  }

  /** The first request that has to be tried alone. */
  #suspect(): Entry | undefined {
    while (this.#suspects.length > 0) {
      const [suspect] = this.#suspects;
      if (suspect.state !== "finished" && suspect.state !== "paused" && suspect.failureCount >= this.#options.maxFailures) return suspect;
      this.#suspects.shift();
    }
    return undefined;
  }

  #preempt(entry: Entry, now: number): void {
    this.#counters.preemptions++;
    entry.preemptionCount++;
    this.#residents.leave(entry, "preempted");
    this.#residents.compact();
    this.#waiting.add(entry, now);
    this.#share.preempted = true;
  }

  /** Back to the queue, through no fault of its own. */
  #requeue(entry: Entry, now: number): void {
    this.#residents.leave(entry, entry.wasStarted ? "preempted" : "waiting");
    this.#waiting.add(entry, now);
  }

  #endById(id: RequestId, reason: FinishReason, error: Error | null, now: number): void {
    const entry = this.#entries.get(id);
    if (entry === undefined) return;
    this.#end(entry, reason, error, now);
    this.#residents.compact();
  }

  #end(entry: Entry, reason: FinishReason, error: Error | null, now: number): void {
    if (entry.state === "running") this.#residents.leave(entry, "finished");
    else {
      if (entry.state === "paused") this.#pausedCount--;
      else this.#waiting.remove(entry, now);
      entry.become("finished");
    }
    entry.finishReason = reason;
    entry.error = error;
    if (reason === "abort") this.#counters.aborted++;
    else if (reason === "error") this.#counters.failed++;
    else this.#counters.finished++;
    this.kv.prefixes.domains.release(entry.domain);
    this.#entries.delete(entry.id);
    this.#options.queue.ended?.(entry, now);
    this.#options.onEnd?.(entry);
  }
}
