import type { KvCache } from "../blocks/kv-cache.ts";
import type { ChunkStep } from "../prefill/chunk-policy.ts";
import { needsHost } from "./lanes.ts";
import type { ResolvedSchedulerOptions } from "./options.ts";
import { firstScored, scoreCount } from "./prompt-scores.ts";
import { type Deferral, NONE, type Sequence } from "./sequence.ts";
import type { Slots } from "./slots.ts";
import type { Urgency } from "./urgency.ts";

/** What an allotment decides by. */
export interface AllotmentParts {
  readonly kv: KvCache;
  readonly slots: Slots;
  readonly urgency: Urgency;
  readonly options: Pick<
    ResolvedSchedulerOptions,
    "chunking" | "drafter" | "longPrefillThreshold" | "maxRequests" | "maxEditsPerStep"
  >;
}

/**
 * Decides how many tokens each running request gets in a step: decodes first, one token each, then prompts by the chunk
 * policy. Only numbers are set here; the scheduler applies them.
 *
 * Laws: tokenCount + remaining = budget; the blocks that the tokens need are available.
 */
export class Allotment implements ChunkStep {
  budget = 0;
  remaining = 0;
  decodeCount = 0;
  prefillsLeft = 0;
  gapLeft = 0;
  /** The lane `decode` gets one token each, as a set; `tokens` does not cover it. */
  isSet = false;
  /** [slots] tokens of each request that is decided by itself. */
  readonly tokens: Int32Array;
  /** A request was preempted for this step: the step admits nothing. */
  preempted = false;
  /** Edits of logits that the step has room for. */
  editsLeft = 0;
  /** Running requests that get no token in this step: the next sample lacks its mask, or room for its edits. */
  readonly held: Sequence[] = [];
  /** Requests that stall in this step: each is the preemption policy's victim itself. */
  readonly stalled: Sequence[] = [];
  /** A waiting request that is to have its share before those that it outranks, and the blocks that it takes. */
  keptFor: { readonly sequence: Sequence; readonly blocks: number } | null = null;
  readonly #parts: AllotmentParts;
  /** Available blocks that the step has not given away. */
  #room = 0;
  /** The only request of this step, if it is tried alone. */
  #only: Sequence | undefined;
  /** The stay of the last served decode. The next step that is too small for all decodes begins after it. */
  #lastServed = NONE;
  /** `#lastServed` before the step under construction. */
  #turn = NONE;
  /** Requests went without in the step before: others come first in this one. */
  #wasShortOfEdits = false;

  constructor(parts: AllotmentParts) {
    this.#parts = parts;
    this.tokens = new Int32Array(parts.options.maxRequests);
  }

  get blockSize(): number {
    return this.#parts.kv.blockSize;
  }

  /** Tokens given to requests. */
  get tokenCount(): number {
    return this.budget - this.remaining;
  }

  /** Whether waiting requests may be admitted: no running request was preempted or stalled. */
  get mayAdmit(): boolean {
    return !this.preempted && this.stalled.length === 0;
  }

  begin(budget: number, only?: Sequence): void {
    this.budget = budget;
    this.preempted = false;
    this.keptFor = null;
    this.#turn = this.#lastServed;
    this.#wasShortOfEdits = this.held.length > 0;
    this.stalled.length = 0;
    this.#only = only;
    this.#restart(0);
  }

  /** Decides all decodes as a set. False if a token or a block is short; the decision is then void. */
  decideSet(): boolean {
    const { slots, kv } = this.#parts;
    if (this.budget < slots.running.length) return false;
    this.#restart(slots.decoding.length);
    this.isSet = true;
    this.#room -= slots.due.length * kv.groups.length;
    return this.#room >= 0 && this.#decide(slots.others, this.#firstTurn(slots.others)) === undefined;
  }

  /**
   * Decides each running request individually, the most urgent first. Returns the first request without a needed block;
   * the decision is then void.
   */
  decideEach(): Sequence | undefined {
    const { slots, urgency } = this.#parts;
    this.#restart(0);
    let kept = 0;
    for (const equals of urgency.classesOf(slots.running)) {
      if (kept === 0) kept = this.#keepFrom(equals);
      this.prefillsLeft = 0;
      this.gapLeft = 0;
      const needy = this.#decide(equals, this.#firstTurn(equals));
      if (needy !== undefined) return needy;
    }
    this.remaining += kept;
    return undefined;
  }

  /**
   * Tokens that a waiting request would get; `room` blocks are there beside those of its match. 0 for none. Only where
   * `mostTokens` is not 0.
   */
  offer(sequence: Sequence, matched: number, room: number): number {
    this.prefillsLeft = 1;
    this.gapLeft = this.mostTokens(sequence, matched);
    return Math.min(this.#chunkOf(sequence, this.gapLeft), this.#parts.kv.tokensThatFit(matched, room));
  }

  /** What keeps the request's next sample out of this step, beside `scores` tokens of its prompt; null for nothing. */
  holds({ steering }: Sequence, scores = 0): Deferral | null {
    if (steering?.isReady === false) return { reason: "mask" };
    if (scores + (steering?.editCount ?? 0) <= this.editsLeft) return null;
    return { reason: "edits", limit: this.#parts.options.maxEditsPerStep };
  }

  /**
   * Most tokens of a request that is computed up to `start`: without the last one where its sample is held, and with no
   * more of a prompt that is scored than edits are left.
   */
  mostTokens(sequence: Sequence, start: number): number {
    const end = sequence.tokenCount + sequence.pendingCount;
    const scores = scoreCount(sequence, start, end);
    if (this.holds(sequence, scores) === null) return end - start;
    return scores <= this.editsLeft ? end - 1 - start : firstScored(sequence, start) - start + this.editsLeft;
  }

  /** The step samples the request: its edits take room. */
  takeEdits({ steering }: Sequence): void {
    if (steering !== null) this.editsLeft -= steering.editCount;
  }

  /** The step computes the tokens from `start` to `end` of the request, with the edits of their samples. */
  takeRows(sequence: Sequence, start: number, end: number): void {
    this.editsLeft -= scoreCount(sequence, start, end);
    if (end === sequence.tokenCount + sequence.pendingCount) this.takeEdits(sequence);
  }

  #restart(decodes: number): void {
    this.isSet = false;
    this.held.length = 0;
    this.editsLeft = this.#parts.options.maxEditsPerStep;
    this.remaining = this.budget - decodes;
    this.decodeCount = decodes;
    this.prefillsLeft = 0;
    this.gapLeft = 0;
    this.#room = this.#parts.kv.pool.availableCount;
  }

  /** Sets the waiting request's share aside before requests that it outranks. Returns how many tokens. */
  #keepFrom(equals: readonly Sequence[]): number {
    if (this.keptFor === null || equals.length === 0) return 0;
    const { sequence, blocks } = this.keptFor;
    if (!this.#parts.urgency.outranks(sequence, equals[0])) return 0;
    const tokens = Math.min(this.remaining, sequence.tokenCount, this.#parts.options.longPrefillThreshold);
    this.remaining -= tokens;
    this.#room = Math.max(0, this.#room - blocks);
    return tokens;
  }

  /** Serves decodes from the `first` on, then prompts in order. Returns the first request that lacks a block. */
  #decide(sequences: readonly Sequence[], first: number): Sequence | undefined {
    for (let i = 0; i < sequences.length; i++) {
      const sequence = sequences[(first + i) % sequences.length];
      this.tokens[sequence.slot] = 0;
      if (!this.#wants(sequence)) continue;
      if (sequence.gap > 1) {
        this.prefillsLeft++;
        this.gapLeft += sequence.gap;
      } else if (!this.#giveDecode(sequence)) return sequence;
    }
    return this.prefillsLeft === 0 ? undefined : this.#decidePrompts(sequences);
  }

  /**
   * A step that is smaller than its requests begins behind the last one that the step before served, so that decodes
   * take turns: each waits for at most as many steps as it takes to serve the others once.
   */
  #firstTurn(running: readonly Sequence[]): number {
    if (this.remaining >= running.length && !this.#wasShortOfEdits) return 0;
    // A loop: the function given to `findIndex` would be left to the collector in each step.
    for (let i = 0; i < running.length; i++) if (running[i].stay > this.#turn) return i;
    return 0;
  }

  /** Gives a decode one token, if any is left. False if it lacks a block. */
  #giveDecode(sequence: Sequence): boolean {
    this.decodeCount++;
    if (this.remaining === 0) return true;
    if (this.holds(sequence) !== null) {
      this.held.push(sequence);
      return true;
    }
    if (!this.#give(sequence, 1)) return false;
    this.#lastServed = sequence.stay;
    return true;
  }

  #decidePrompts(sequences: readonly Sequence[]): Sequence | undefined {
    for (let i = 0; i < sequences.length && this.remaining > 0; i++) {
      const sequence = sequences[i];
      const { gap } = sequence;
      if (gap <= 1 || !this.#wants(sequence)) continue;
      const most = this.mostTokens(sequence, sequence.computedTokenCount);
      const wanted = most === 0 ? 0 : this.#chunkOf(sequence, most);
      if (most === 0) this.held.push(sequence);
      this.prefillsLeft--;
      this.gapLeft -= gap;
      const chunk = Math.min(wanted, this.#parts.kv.tokensThatFit(sequence.computedTokenCount, this.#room));
      if (wanted > 0 && (chunk === 0 || !this.#give(sequence, chunk))) return sequence;
    }
    return undefined;
  }

  #wants(sequence: Sequence): boolean {
    if (sequence.complete || (this.#only !== undefined && this.#only !== sequence) || this.stalled.includes(sequence)) {
      return false;
    }
    if (sequence.pendingCount === 0) return true;
    return !needsHost(sequence) && !this.#awaitsDrafts(sequence);
  }

  /**
   * Whether a request with a token on the device waits for it, because its drafts are in flight or the drafter has a
   * guess for that token. The drafter is asked again with each token, so a request that goes ahead may wait later.
   */
  #awaitsDrafts({ pendingCount, tokens, tokenCount }: Sequence): boolean {
    const { drafter } = this.#parts.options;
    return drafter !== undefined && (pendingCount > 1 || drafter.propose(tokens, tokenCount, 1).length > 0);
  }

  #chunkOf(sequence: Sequence, gap: number): number {
    return gap === 1 ? 1 : this.#parts.options.chunking.chunk(sequence, gap, this);
  }

  /** Gives the request `chunk` tokens, if their blocks are available. */
  #give(sequence: Sequence, chunk: number): boolean {
    const start = sequence.computedTokenCount;
    const needed = this.#parts.kv.tables.blocksToReserve(sequence.slot, start, start + chunk);
    if (needed > this.#room) return false;
    this.#room -= needed;
    this.tokens[sequence.slot] = chunk;
    this.remaining -= chunk;
    this.takeRows(sequence, start, start + chunk);
    return true;
  }
}
