import { KvCache } from "../blocks/kv-cache.ts";
import { assert } from "../assert.ts";
import { choiceCount, type FinishReason, type Request, type RequestId, type RequestInput } from "../request.ts";
import type { StepPlan, StepResult } from "../step.ts";
import { beamOf } from "./beams.ts";
import { blockOwners, type BlockOwner } from "./block-owners.ts";
import { CacheResets } from "./cache-resets.ts";
import { Decision } from "./decision.ts";
import type { DecisionLog } from "./decision-log.ts";
import { Entry } from "./entry.ts";
import { explain, type Explanation } from "./explanation.ts";
import { assertFeasible } from "./feasible.ts";
import { checkSchedulerInvariants } from "./invariants.ts";
import { Listeners } from "./listeners.ts";
import { resolveOptions, type ResolvedSchedulerOptions, type SchedulerOptions } from "./options.ts";
import { tokensOf } from "./policy-answers.ts";
import { claimPolicies } from "./policy-options.ts";
import { PlanBuilder } from "./plan-builder.ts";
import { PlansInFlight } from "./plans-in-flight.ts";
import { Residents } from "./residents.ts";
import { Roster } from "./roster.ts";
import { Settlement } from "./settlement.ts";
import { schedulerStats, type SchedulerStats } from "./stats.ts";
import type { StepOutcome } from "./step-outcome.ts";
import { checkResult } from "./step-results.ts";
import type { StepRecord } from "./step-record.ts";
import { StepShare } from "./step-share.ts";
import { Suspects } from "./suspects.ts";

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
  readonly #roster: Roster;
  readonly #residents: Residents;
  readonly #share: StepShare;
  readonly #decision: Decision;
  readonly #builder: PlanBuilder;
  readonly #plans: PlansInFlight;
  readonly #settlement: Settlement;
  readonly #suspects: Suspects;
  readonly #resets: CacheResets;
  readonly #log: DecisionLog | undefined;
  readonly #listeners = new Listeners();
  /** Of the step under construction. */
  #now = 0;
  #committedAt = Number.NEGATIVE_INFINITY;
  readonly #counters = { submitted: 0, steps: 0, rollbacks: 0, preemptions: 0, scheduledTokens: 0, cachedTokens: 0, lookedUpTokens: 0 };

  constructor(options: SchedulerOptions) {
    const given = resolveOptions(options);
    const resolved = { ...given, onEnd: this.#listeners.guard(given.onEnd), onKvEvent: this.#listeners.guard(given.onKvEvent) };
    const { blockCount, hostBlockCount, blockSize, maxRequests, groups, budget } = resolved;
    this.#options = resolved;
    this.#log = resolved.decisionLog;
    this.kv = new KvCache({ ...resolved, onEvent: resolved.onKvEvent, onEvict: this.#log && ((block) => this.#log!.note("evict", this.#now, this.#plans.nextIndex, null, block)) });
    this.#builder = new PlanBuilder(this.kv, { maxTokens: budget.maxTokens, maxRequests, blockCount, hostBlockCount, blockSize, groupCount: groups.length });
    this.#plans = new PlansInFlight(this.#builder.columns, maxRequests);
    this.#residents = new Residents({ kv: this.kv, builder: this.#builder, plans: this.#plans, limits: resolved });
    this.#roster = new Roster(this.kv, this.#residents, resolved);
    this.#share = new StepShare(this.kv, resolved);
    this.#suspects = new Suspects(resolved.maxFailures);
    this.#decision = new Decision({ kv: this.kv, roster: this.#roster, share: this.#share, counters: this.#counters, plans: this.#plans, suspects: this.#suspects, options: resolved });
    this.#settlement = new Settlement({ kv: this.kv, plans: this.#plans, roster: this.#roster, suspects: this.#suspects, queue: resolved.queue, maxSamples: budget.maxTokens });
    this.#resets = new CacheResets({ kv: this.kv, plans: this.#plans, roster: this.#roster, builder: this.#builder, settlement: this.#settlement });
    claimPolicies(options);
  }

  /** Requests that have not ended, each choice counted. */
  get size(): number {
    return this.#roster.entries.size;
  }

  /** Tokens that the next step may carry. */
  get tokenBudget(): number {
    return tokensOf(this.#options.budget);
  }

  /** When time alone will change what `schedule` decides: `Infinity` for never. */
  get nextWakeAt(): number {
    return this.#roster.nextExpiry;
  }

  /** Plans that are neither committed nor rolled back. */
  get inFlightCount(): number {
    return this.#plans.count;
  }

  /**
   * Takes a request in and returns its first choice; the others follow it until its prompt is computed. Throws, with nothing changed,
   * `InvalidRequestError` for a value that cannot be used, `InfeasibleRequestError` where a choice would not fit even alone,
   * `QueueFullError` where too many wait.
   */
  submit(input: RequestInput, now: number): Request {
    this.#roster.assertNew(input.id);
    const { contextLength } = this.#options;
    const open = (choice: number): Entry => new Entry({ ...input, choice: (input.choice ?? 0) + choice }, { contextLength, order: this.#counters.submitted + choice, now });
    const entry = open(0);
    // Its last token is never computed.
    assertFeasible(entry, this.#options, this.kv.blocksFor(entry.maxLength - 1));
    const followers = Array.from({ length: choiceCount(input) - 1 }, (_, i) => open(i + 1));
    this.#roster.add(entry, followers, now);
    this.#log?.note("submit", now, this.#plans.nextIndex, entry.id, entry.promptTokenCount);
    this.#counters.submitted += 1 + followers.length;
    return entry;
  }

  /** Decides the next step: running requests first, then partial prefills, then admissions. Null where there is nothing to do; `idleReason` says why. */
  schedule(now: number): StepPlan | null {
    const record = this.#plans.open();
    const budget = tokensOf(this.#options.budget);
    this.#now = now;
    this.#roster.expire(now);
    this.#options.eviction.advance?.(now);
    this.#share.begin(budget);
    try {
      this.#decision.decide(record, now);
    } catch (error) {
      this.#issuePlan(record, now);
      this.#takeNewestBack(now);
      throw error;
    }
    this.idleReason = this.#share.tokenCount === 0 ? this.#whyIdle() : null;
    const plan = this.idleReason === null ? this.#issuePlan(record, now) : null;
    if (plan !== null && this.#listeners.hasFailed) this.#takeNewestBack(now);
    this.#listeners.rethrow();
    return plan;
  }

  /** A plan that nothing was told of: requests stand where they stood before it. */
  #takeNewestBack(now: number): void {
    this.#settlement.takeNewestBack(now);
    this.#builder.reset(this.#plans.newest);
    this.#residents.sampledSerials.length = 0;
    this.#residents.compact();
  }

  /** The step is done: takes its tokens in. Plans are committed in the order they were issued. The outcome is valid until the next commit. */
  commit(plan: StepPlan, result: StepResult, now: number): StepOutcome {
    checkResult(plan, result, { source: "the caller", vocabSize: this.#options.vocabSize });
    const record = this.#settlement.commit(plan, result, now);
    this.#log?.note("commit", now, plan.index, null, this.#settlement.outcome.tokenCount);
    // A plan made ahead waited for the one before it.
    this.#options.budget.observe?.(plan.tokenCount, now - Math.max(record.issuedAt, this.#committedAt));
    this.#committedAt = now;
    this.#listeners.rethrow();
    return this.#settlement.outcome;
  }

  /**
   * The step failed: takes it back, and the one issued after it, newest first. Its requests are planned again; one that keeps
   * failing, alone at last, ends with a `StepFailedError`.
   */
  rollback(plan: StepPlan, now: number, cause?: unknown): void {
    const taken = this.#plans.countFrom(plan);
    this.#log?.note("rollback", now, plan.index, null, taken);
    this.#counters.rollbacks++;
    this.#settlement.rollback(plan, now, cause);
    this.#builder.reset(this.#plans.newest);
    this.#residents.compact();
    this.#listeners.rethrow();
  }

  /** Puts another token in the place of a beam's last one, which no step may have read yet. */
  replaceLastToken(id: RequestId, choice: number, tokenId: number): void {
    beamOf(this.#roster, id, choice).replaceLast(tokenId);
  }

  /** Another beam of a request: one of its choices with another last token. It shares the blocks of all tokens before. */
  branch(id: RequestId, choice: number, to: { readonly choice: number; readonly tokenId: number }, now: number): Request {
    const parent = beamOf(this.#roster, id, choice, to.choice);
    const entry = parent.branch(to.choice, to.tokenId, this.#counters.submitted++);
    this.#roster.branch(parent, entry, now);
    return entry;
  }

  /** Ends a request, or one choice of it, for a reason that only the caller can see, such as a stop string. Its blocks are back at once. Unknown and ended ids are nothing to do. */
  finish(id: RequestId, reason: Exclude<FinishReason, "error">, now: number, choice?: number): void {
    this.#end(id, reason, null, now, choice);
  }

  /** Ends a request, or one choice of it, in any state; its blocks are back at once. Unknown and ended ids are nothing to do. */
  abort(id: RequestId, now: number, choice?: number): void {
    this.#end(id, "abort", null, now, choice);
  }

  /** Ends a request with an error. Unknown and ended ids are nothing to do. */
  fail(id: RequestId, error: Error, now: number): void {
    this.#end(id, "error", error, now);
  }

  /** Takes a request, or one choice of it, out of the running until `resume`: it keeps its tokens and gives its blocks back. False where it is unknown or paused already. */
  pause(id: RequestId, now: number, choice?: number): boolean {
    const active = this.#roster.entries.of(id, choice).filter((entry) => entry.state !== "paused");
    for (const entry of active) this.#roster.pause(entry, now);
    this.#residents.compact();
    return active.length > 0;
  }

  /** Lets a paused request, or one choice of it, wait for its turn again, in its old place. False where nothing is paused. */
  resume(id: RequestId, now: number, choice?: number): boolean {
    const paused = this.#roster.entries.of(id, choice).filter((entry) => entry.state === "paused");
    for (const entry of paused) this.#roster.resume(entry, now);
    return paused.length > 0;
  }

  /** The device and its keys and values are gone: plans in flight are taken back, nothing counts as computed, the prefix cache is empty. */
  invalidateDevice(now: number): void {
    this.#resets.loseDevice(now);
    this.#listeners.rethrow();
  }

  /**
   * Empties the prefix cache, host tier included. Refused, with false, while requests hold blocks or plans are in flight;
   * `force` does it while requests run: they keep their blocks, which are cached no more. Plans in flight always refuse.
   */
  resetPrefixCache(options: { readonly force?: boolean } = {}): boolean {
    const isEmpty = this.#resets.empty(options.force === true);
    this.#listeners.rethrow();
    return isEmpty;
  }

  /**
   * Empties the prefix cache, and running requests give their blocks back and compute all their tokens again, as new weights need it.
   * Refused, with false, while plans are in flight.
   */
  recompute(now: number): boolean {
    const isDone = this.#resets.recompute(now);
    this.#listeners.rethrow();
    return isDone;
  }

  /** The host tier's memory is gone, too. Only while no plan is in flight. */
  invalidateHostTier(): void {
    this.#resets.loseHostTier();
    this.#listeners.rethrow();
  }

  /** Why the request is where it is, of several choices the first that has not ended; undefined for one that is unknown or ended. */
  explain(id: RequestId, choice?: number): Explanation | undefined {
    const entry = this.#roster.entries.of(id, choice).at(-1);
    return entry && explain(entry);
  }

  /** Counters since the start, gauges of now. */
  stats(): SchedulerStats {
    return schedulerStats({ counters: this.#counters, roster: this.#roster, kv: this.kv, plansInFlight: this.#plans.count, tokenBudget: this.tokenBudget });
  }

  /** [blockCount] who holds each device block, by block id - 1: for people and views. O(blocks). */
  blockOwners(): BlockOwner[] {
    return blockOwners(this.kv, this.#residents.running);
  }

  /** O(blocks + tokens). Throws on the first broken law. */
  checkInvariants(): void {
    this.kv.checkInvariants();
    checkSchedulerInvariants({ kv: this.kv, roster: this.#roster, inFlight: this.#plans.count });
  }

  #issuePlan(record: StepRecord, now: number): StepPlan {
    record.issuedAt = now;
    this.kv.seal(record.journal);
    this.#residents.lanes.stamp(record);
    this.#builder.build(record);
    this.#log?.notePlan(record, now);
    this.#plans.issue();
    this.#counters.steps++;
    this.#counters.scheduledTokens += record.plan.tokenCount;
    return record.plan;
  }

  #whyIdle(): IdleReason {
    if (this.#plans.count > 0) return "in-flight";
    if (this.size === 0) return "empty";
    assert(this.#roster.pausedCount === this.size, "requests wait, nothing runs and nothing is in flight");
    return "paused";
  }

  #end(id: RequestId, reason: FinishReason, error: Error | null, now: number, choice?: number): void {
    for (const entry of this.#roster.entries.of(id, choice)) this.#roster.end(entry, reason, error, now);
    this.#residents.compact();
    this.#listeners.rethrow();
  }
}
