import { assert, AssertionError } from "../assert.ts";
import {
  choiceCount,
  REQUEST_FIELDS,
  type FinishReason,
  type Request,
  type RequestId,
  type RequestInput,
} from "../request.ts";
import { checkFields } from "../request-checks.ts";
import type { StepPlan, StepResult } from "../step.ts";
import { Commit, endFlagged } from "./commit.ts";
import { abandon, decide } from "./decide.ts";
import { assertFeasible } from "./feasible.ts";
import type { StepRecord } from "./in-flight.ts";
import { resolveOptions, type SchedulerOptions } from "./options.ts";
import type { StepOutcome } from "./outcome.ts";
import { claimPolicies } from "./policy-options.ts";
import { createParts, type SchedulerParts } from "./parts.ts";
import { blame, undoPlans } from "./rollback.ts";
import { Sequence } from "./sequence.ts";
import { attachSteering, steer } from "./steer.ts";
import { SchedulerView } from "./scheduler-view.ts";
import { checkResult } from "./step-results.ts";

/**
 * Why `schedule` returned null: there is no request, each request waits for a commit or for a mask, or all are paused.
 */
export type IdleReason = "empty" | "in-flight" | "mask" | "paused";

/**
 * Decides, step by step, which tokens of which requests are computed. A scheduler has no device and no clock: it
 * returns plans and takes results, and `now` is an argument in any unit.
 *
 * In every step each request's `computedTokenCount` catches up with its `tokenCount`. There is no prefill phase and no
 * decode phase.
 */
export class Scheduler extends SchedulerView {
  /** Why the last `schedule` returned null; null where it returned a plan. */
  idleReason: IdleReason | null = null;
  readonly #parts: SchedulerParts;
  readonly #commit: Commit;
  #committedAt = Number.NEGATIVE_INFINITY;

  /** Throws `InvalidOptionError` that names the option. */
  constructor(options: SchedulerOptions) {
    const resolved = resolveOptions(options);
    const parts = createParts(resolved);
    const commit = new Commit(parts);
    super(parts, commit);
    this.#parts = parts;
    this.#commit = commit;
    resolved.queue.attach?.({ cachedTokens: (request) => parts.admission.cachedTokens(request as Sequence) });
    claimPolicies(options);
  }

  /**
   * Takes a request in and returns its first choice; the others follow it until its prompt is computed. Throws, with
   * nothing changed, `InvalidRequestError` for a value that cannot be used, `InfeasibleRequestError` where a choice
   * would not fit even alone, `QueueFullError` where too many wait.
   */
  submit(input: RequestInput, now: number): Request {
    const { lifecycle, counters, inFlight, options } = this.#parts;
    assertTime(now);
    lifecycle.assertNew(input.id);
    checkFields("a request", input, REQUEST_FIELDS);
    const { contextLength } = options;
    const make = (choice: number): Sequence => {
      const order = counters.submitted + choice;
      const each = { ...input, choice: (input.choice ?? 0) + choice };
      const sequence = new Sequence(each, { contextLength, order, now });
      attachSteering(sequence, input, options);
      return sequence;
    };
    const sequence = make(0);
    // Its last token is never computed.
    assertFeasible(sequence, options, this.kv.blocksFor(sequence.maxLength - 1));
    const followers = Array.from({ length: choiceCount(input) - 1 }, (_, i) => make(i + 1));
    lifecycle.add(sequence, followers, inFlight.nextIndex, now);
    counters.submitted += 1 + followers.length;
    return sequence;
  }

  /**
   * Decides the next step, then applies it: running requests first, decodes before prompts, then waiting requests. Null
   * if there is nothing to do; `idleReason` then says why.
   */
  schedule(now: number): StepPlan | null {
    const parts = this.#parts;
    const { allotment, listeners } = parts;
    assertTime(now);
    const record = parts.inFlight.open(now);
    parts.lifecycle.expire(now);
    if (parts.lifecycle.steered.size > 0) steer(parts.lifecycle, now);
    this.kv.prefixes.eviction.advance?.(now);
    parts.slots.look();
    allotment.begin(parts.options.budget.tokens());
    try {
      decide(parts, record);
    } catch (error) {
      // Without a token of this step, decodes are in no row of the plan that is undone.
      if (!parts.slots.isAdvanced) parts.slots.leaveLanes();
      listeners.keep(error);
    }
    this.idleReason = !listeners.hasFailed && allotment.tokenCount === 0 ? this.#whyIdle() : null;
    const plan = this.idleReason === null ? this.#issue(record) : null;
    if (listeners.hasFailed) {
      abandon(parts, record);
      listeners.rethrow();
    }
    return plan;
  }

  /** Writes the plan, and counts it as in flight. */
  #issue(record: StepRecord): StepPlan {
    const { kv, plan, slots, inFlight, counters, listeners } = this.#parts;
    kv.transactions.seal(record.journal);
    plan.gather(record, slots, inFlight.records);
    slots.enterLanes();
    listeners.notePlan?.(record);
    inFlight.issue();
    counters.steps++;
    counters.scheduledTokens += record.plan.tokenCount;
    return record.plan;
  }

  #whyIdle(): IdleReason {
    const { inFlight, lifecycle } = this.#parts;
    if (inFlight.count > 0) return "in-flight";
    if (lifecycle.requests.size === 0) return "empty";
    if ([...lifecycle.steered].some(({ steering }) => steering?.isReady === false)) return "mask";
    assert(lifecycle.pausedCount === lifecycle.requests.size, "requests wait, nothing runs and nothing is in flight");
    return "paused";
  }

  /**
   * Commits a plan whose step is done: delivers its tokens. Plans are committed in the order in which they were issued.
   * The outcome is valid until the next commit.
   */
  commit(plan: StepPlan, result: StepResult, now: number): StepOutcome {
    const { inFlight, listeners, options } = this.#parts;
    assertTime(now);
    const record = inFlight.oldestOf(plan);
    checkResult(plan, result, "the caller", options.vocabSize);
    if (result.sampleFlags !== undefined) endFlagged(record, result.sampleFlags, this.#parts, now);
    inFlight.retire();
    this.#commit.run(record, result, now);
    const { outcome } = this.#commit;
    listeners.note?.("commit", now, plan.index, null, outcome.tokenCount);
    if (listeners.observe !== undefined) {
      // A plan made ahead waited for the one before it.
      listeners.observe(plan.tokenCount, now - Math.max(record.madeAt, this.#committedAt));
      this.#committedAt = now;
    }
    listeners.rethrow();
    return outcome;
  }

  /**
   * Rolls back a plan whose step failed, after every later plan, newest first. Its requests are planned again. A
   * request that keeps failing, at last alone, ends with a `StepFailedError`.
   */
  rollback(plan: StepPlan, now: number, cause?: unknown): void {
    const { inFlight, listeners, counters } = this.#parts;
    assertTime(now);
    const count = inFlight.countFrom(plan);
    listeners.note?.("rollback", now, plan.index, null, count);
    counters.rollbacks++;
    const record = undoPlans(count, this.#parts, now);
    blame(record!, this.#parts, now, cause);
    listeners.rethrow();
  }

  /** Puts another token in the place of a beam's last one, which no step may have read yet. */
  replaceLastToken(id: RequestId, choice: number, tokenId: number): void {
    this.#parts.slots.replaceLast(this.#beam(id, choice), tokenId);
  }

  /**
   * Another beam of a request: one of its choices with another last token. It shares the blocks of all tokens before.
   */
  branch(
    id: RequestId,
    choice: number,
    to: { readonly choice: number; readonly tokenId: number },
    now: number,
  ): Request {
    assert(
      this.#parts.lifecycle.requests.of(id, to.choice).length === 0,
      () => `request ${String(id)} has a choice ${to.choice} already`,
    );
    const parent = this.#beam(id, choice);
    const { counters, lifecycle, admission, listeners } = this.#parts;
    const sequence = parent.branch(to.choice, to.tokenId, counters.submitted);
    lifecycle.addBranch(parent, sequence, admission, now);
    counters.submitted++;
    listeners.rethrow();
    return sequence;
  }

  #beam(id: RequestId, choice: number): Sequence {
    const [sequence] = this.#parts.lifecycle.requests.of(id, choice);
    assert(
      sequence?.branches && sequence.pendingCount === 0 && sequence.outputTokenCount > 0,
      () => `choice ${choice} of request ${String(id)} is no beam with a last token to replace`,
    );
    return sequence;
  }

  /**
   * Ends a request, or one choice of it, for a reason that only the caller can see, such as a stop string. Its blocks
   * are free at once. Unknown and ended ids are ignored.
   */
  finish(id: RequestId, reason: Exclude<FinishReason, "error">, now: number, choice?: number): void {
    this.#end(id, reason, null, now, choice);
  }

  /**
   * Ends a request, or one choice of it, in any state. Its blocks are free at once. Unknown and ended ids are ignored.
   */
  abort(id: RequestId, now: number, choice?: number): void {
    this.#end(id, "abort", null, now, choice);
  }

  /** Ends a request with an error. Unknown and ended ids are ignored. */
  fail(id: RequestId, error: Error, now: number): void {
    this.#end(id, "error", error, now);
  }

  #end(id: RequestId, reason: FinishReason, error: Error | null, now: number, choice?: number): void {
    for (const sequence of this.#parts.lifecycle.requests.of(id, choice)) {
      this.#parts.lifecycle.end(sequence, reason, error, now);
    }
    this.#parts.listeners.rethrow();
  }

  /**
   * Pauses a request, or one choice of it, until `resume`: it keeps its tokens and releases its blocks. False if it is
   * unknown or paused already.
   */
  pause(id: RequestId, now: number, choice?: number): boolean {
    const active = this.#parts.lifecycle.requests.of(id, choice).filter(({ state }) => state !== "paused");
    for (const sequence of active) this.#parts.lifecycle.pause(sequence, now);
    this.#parts.listeners.rethrow();
    return active.length > 0;
  }

  /**
   * Returns a paused request, or one choice of it, to its old place in the queue. False if nothing is paused.
   */
  resume(id: RequestId, now: number, choice?: number): boolean {
    const paused = this.#parts.lifecycle.requests.of(id, choice).filter(({ state }) => state === "paused");
    for (const sequence of paused) this.#parts.lifecycle.resume(sequence, now);
    this.#parts.listeners.rethrow();
    return paused.length > 0;
  }

  /**
   * For a lost device, whose keys and values are gone: rolls back the plans in flight, counts nothing as computed, and
   * empties the device's prefix cache.
   */
  invalidateDevice(now: number): void {
    undoPlans(this.#parts.inFlight.count, this.#parts, now);
    this.#parts.lifecycle.requeueAll(now);
    this.kv.prefixes.dropCached();
    this.#parts.listeners.rethrow();
  }

  /**
   * Empties the prefix cache, host tier included. False, with nothing changed, while requests hold blocks or plans are
   * in flight. With `force` requests may run: they keep their blocks, which are no longer cached.
   */
  resetPrefixCache(options: { readonly force?: boolean } = {}): boolean {
    if (this.#parts.inFlight.count > 0 || (this.kv.pool.heldCount > 0 && options.force !== true)) return false;
    this.kv.forgetPrefixes();
    this.#parts.listeners.rethrow();
    return true;
  }

  /**
   * Empties the prefix cache, and makes running requests release their blocks and compute all their tokens again, for
   * new weights. False, with nothing changed, while plans are in flight.
   */
  recompute(now: number): boolean {
    const { inFlight, lifecycle } = this.#parts;
    if (inFlight.count > 0) return false;
    lifecycle.requeueAll(now);
    return this.resetPrefixCache();
  }

  /** For a lost host tier: drops all its copies. Only while no plan is in flight. */
  invalidateHostTier(): void {
    assert(this.#parts.inFlight.count === 0, "invalidateHostTier() while plans are in flight");
    this.kv.prefixes.dropHostTier();
    this.#parts.listeners.rethrow();
  }
}

function assertTime(now: number): void {
  if (typeof now !== "number" || Number.isNaN(now)) throw new AssertionError(`now must be a number, got ${now}`);
}
