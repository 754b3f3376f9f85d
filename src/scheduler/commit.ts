import { IntList } from "../collections/int-list.ts";
import { InvalidLogitsError, InvalidResultError } from "../errors.ts";
import { SAMPLE_NOT_FINITE, type StepResult } from "../step.ts";
import type { StepRecord } from "./in-flight.ts";
import { StepOutcome } from "./outcome.ts";
import type { SchedulerParts } from "./parts.ts";
import type { Sequence } from "./sequence.ts";

/**
 * Makes the oldest plan final: delivers its tokens, indexes blocks, ends requests and releases their blocks. First
 * every decode of the set receives its token, then the special rows are settled in order.
 */
export class Commit {
  /** Of the last commit. */
  readonly outcome: StepOutcome;
  /** Drafts that committed steps checked; `acceptedTokens` of them were right. */
  draftedTokens = 0;
  acceptedTokens = 0;
  readonly #parts: SchedulerParts;
  readonly #special: IntList;
  readonly #charges: boolean;
  #now = 0;
  /** `Slots.leaveCount` before the commit. */
  #leaves = 0;

  constructor(parts: SchedulerParts) {
    const { options } = parts;
    this.outcome = new StepOutcome(options.budget.maxTokens);
    this.#parts = parts;
    this.#special = new IntList(options.maxRequests);
    this.#charges = parts.listeners.charge !== undefined;
  }

  /** Receives the plan's tokens and puts them into `outcome`. The plan is no longer in flight. */
  run(record: StepRecord, result: StepResult, now: number): void {
    const { kv, slots, suspects, inFlight } = this.#parts;
    const { tokenIds } = result;
    this.#now = now;
    this.outcome.clear();
    kv.transactions.commit(record.journal);
    if (suspects.areFailing) suspects.forgive(record);
    this.#leaves = slots.leaveCount;
    slots.receive(record, tokenIds, this.#special, inFlight.count > 0);
    if (this.#special.length === 0 && !this.#charges) {
      this.outcome.addRows(record.requests, tokenIds, record.plan.requestCount);
    } else this.#deliverRows(record, tokenIds);
    for (let i = 0; i < slots.full.length; i++) {
      const sequence = slots.sequences[slots.full.items[i]];
      if (sequence !== undefined) this.#index(sequence);
    }
  }

  /** Delivers rows in order. Decodes of the set have received their tokens already. */
  #deliverRows(record: StepRecord, tokenIds: ArrayLike<number>): void {
    const special = this.#special;
    let row = 0;
    let sample = 0;
    for (let i = 0; i < special.length; i++) {
      const mark = special.items[i];
      const next = mark < 0 ? ~mark : mark;
      this.#announceRows(record, row, next, tokenIds, sample);
      sample += next - row;
      if (mark < 0) this.#settle(record, next, tokenIds, sample);
      else this.#settleDecode(record, next, tokenIds[sample], sample);
      sample += record.scoreCounts[next] + record.sampleCounts[next];
      row = next + 1;
    }
    this.#announceRows(record, row, record.plan.requestCount, tokenIds, sample);
  }

  /** Announces rows whose token ends no request. The end of an earlier row may have ended some of their requests. */
  #announceRows(record: StepRecord, from: number, until: number, tokenIds: ArrayLike<number>, sample: number): void {
    if (!this.#charges && this.#parts.slots.leaveCount === this.#leaves) {
      this.outcome.addTokens(record.requests, from, tokenIds, sample, until - from);
    } else {
      for (let row = from; row < until; row++) {
        this.#announce(record.requests[row], tokenIds[sample + row - from], sample + row - from);
      }
    }
  }

  /** Settles a decode of the set whose token may end it, complete a block or move a window. */
  #settleDecode(record: StepRecord, row: number, tokenId: number, sample: number): void {
    const sequence = record.requests[row];
    this.#slide(sequence);
    this.#announce(sequence, tokenId, sample);
    this.#index(sequence);
  }

  #settle(record: StepRecord, row: number, tokenIds: ArrayLike<number>, from: number): void {
    const samples = record.sampleCounts[row];
    const scores = record.scoreCounts[row];
    const sequence = record.requests[row];
    const sample = from + scores;
    if (scores > 0) this.#deliverScores(sequence, record.scoreStarts[row], tokenIds, { from, until: sample });
    if (samples > 1 && record.samples[sample + 1] === sequence) this.#settleDrafts(record, row, tokenIds, sample);
    else if (samples > 1 || sequence.followers.length > 0) this.#settleChoices(record, row, tokenIds, sample);
    else {
      this.#settleRow(record, row, record.tokens[row]);
      if (samples === 1) this.#deliver(sequence, tokenIds[sample], sample);
    }
  }

  /**
   * Tokens of a prompt, from position `start` on, have their log probabilities. Where the request was preempted
   * meanwhile, another plan may have brought some of them.
   */
  #deliverScores(
    sequence: Sequence,
    start: number,
    tokenIds: ArrayLike<number>,
    { from, until }: { readonly from: number; readonly until: number },
  ): void {
    if (sequence.state === "finished") return;
    for (let sample = from; sample < until; sample++) {
      const position = start + sample - from;
      if (tokenIds[sample] !== sequence.tokens[position]) {
        this.#parts.lifecycle.end(sequence, "error", notForced(sequence, position, tokenIds[sample]), this.#now);
        return;
      }
      if (position !== sequence.scoredTokenCount) continue;
      this.outcome.addScore(sequence, position, sample);
      sequence.scoredTokenCount++;
    }
  }

  /** Settles `count` of the row's tokens, unless its request has left since. */
  #settleRow(record: StepRecord, row: number, tokens: number): void {
    const sequence = record.requests[row];
    if (sequence.stay !== record.stays[row]) return;
    this.#parts.slots.settle(sequence.slot, tokens);
    this.#slide(sequence);
  }

  /**
   * Accepts drafts as long as they equal the samples, and one sample more. Rejected drafts do not count as computed.
   */
  #settleDrafts(record: StepRecord, row: number, tokenIds: ArrayLike<number>, from: number): void {
    const { kv, slots } = this.#parts;
    const sequence = record.requests[row];
    const drafts = record.sampleCounts[row] - 1;
    const { tokens, tokenCount } = sequence;
    let accepted = 0;
    while (accepted < drafts && tokens[tokenCount + accepted] === tokenIds[from + accepted]) accepted++;
    this.#noteDrafts(sequence, drafts, accepted);
    const rejected = drafts - accepted;
    const stays = sequence.stay === record.stays[row];
    if (stays) {
      slots.undo(sequence.slot, rejected, rejected);
      kv.tables.truncate(sequence.slot, sequence.computedTokenCount);
    } else sequence.addPending(-rejected);
    for (let i = 0; i <= accepted; i++) this.#take(sequence, tokenIds[from + i], from + i);
    // This plan computed them; no later plan that may still fail did.
    if (stays && sequence.slot >= 0) {
      kv.transactions.index(
        sequence.slot,
        sequence.tokens,
        Math.min(sequence.computedTokenCount, sequence.tokenCount),
        null,
      );
    }
    // After indexing: a window releases no unindexed block.
    this.#settleRow(record, row, record.tokens[row] - rejected);
  }

  #noteDrafts(sequence: Sequence, drafted: number, accepted: number): void {
    sequence.draftedTokenCount += drafted;
    sequence.acceptedTokenCount += accepted;
    this.draftedTokens += drafted;
    this.acceptedTokens += accepted;
  }

  /**
   * Starts the choices that were sampled from the row's last token: each runs beside the first, or waits. Choices
   * without a sample get a new leader.
   */
  #settleChoices(record: StepRecord, row: number, tokenIds: ArrayLike<number>, from: number): void {
    const { lifecycle, admission } = this.#parts;
    const sequence = record.requests[row];
    const parent = sequence.stay === record.stays[row] ? sequence : null;
    const until = from + record.sampleCounts[row];
    this.#settleRow(record, row, record.tokens[row]);
    for (let sample = from; sample < until; sample++) {
      const each = record.samples[sample];
      each.scoredTokenCount = sequence.scoredTokenCount;
      if (each.leader !== null) lifecycle.begin(each, parent, admission, this.#now);
    }
    for (let sample = from; sample < until; sample++) {
      lifecycle.disband(record.samples[sample], this.#now);
      this.#deliver(record.samples[sample], tokenIds[sample], sample);
    }
  }

  #deliver(sequence: Sequence, tokenId: number, sample: number): void {
    this.#take(sequence, tokenId, sample);
    this.#index(sequence);
  }

  #take(sequence: Sequence, tokenId: number, sample: number): void {
    if (sequence.state === "finished") return;
    if (sequence.slot >= 0) this.#parts.slots.append(sequence.slot, tokenId);
    else sequence.append(tokenId);
    this.#announce(sequence, tokenId, sample);
  }

  /**
   * Puts the request's new token into the outcome and ends the request if it is the last. A request that ended
   * meanwhile drops the token.
   */
  #announce(sequence: Sequence, tokenId: number, sample: number): void {
    if (sequence.state === "finished") {
      sequence.dropLast();
      return;
    }
    if (this.#charges) this.#parts.listeners.charge!(sequence, 0, 1);
    this.outcome.addToken(sequence, tokenId, sample);
    const { stopTokenIds } = sequence;
    const reason =
      stopTokenIds.length > 0 && stopTokenIds.includes(tokenId)
        ? "stop"
        : sequence.tokenCount >= sequence.maxLength
          ? "length"
          : null;
    if (reason === null) return;
    this.#parts.lifecycle.end(sequence, reason, null, this.#now);
    this.outcome.addFinished(sequence);
  }

  #slide(sequence: Sequence): void {
    const { kv, slots } = this.#parts;
    if (kv.windowed && sequence.slot >= 0) kv.tables.slide(sequence.slot, slots.settled[sequence.slot]);
  }

  /** Indexes blocks that a plan made ahead computes and whose tokens are known only now. */
  #index(sequence: Sequence): void {
    const { kv, inFlight, slots } = this.#parts;
    const { slot } = sequence;
    if (slot < 0 || inFlight.newest === undefined) return;
    const upTo = Math.min(slots.computed[slot], slots.known[slot]);
    if (upTo >= kv.tables.indexAt[slot]) kv.transactions.index(slot, sequence.tokens, upTo, inFlight.newest.journal);
  }
}

/** The backend samples another token than the only one that the plan's edits leave. */
function notForced({ label, tokens }: Sequence, position: number, tokenId: number): InvalidResultError {
  return new InvalidResultError(
    `request ${label}: the backend gave id ${tokenId} for prompt token ${position}, ` +
      `edits leave ${tokens[position]} alone: it has no edits of logits`,
  );
}

/**
 * Ends requests whose logits are not finite, as if they were aborted while the plan was in flight: their ids are
 * dropped.
 */
export function endFlagged(
  { plan, samples }: StepRecord,
  flags: Uint8Array,
  { lifecycle }: SchedulerParts,
  now: number,
): void {
  for (let sample = 0; sample < plan.sampleCount; sample++) {
    if ((flags[sample] & SAMPLE_NOT_FINITE) === 0) continue;
    const sequence = samples[sample];
    const error = new InvalidLogitsError(
      `request ${sequence.label}: logits after token ${sequence.tokenCount} are NaN or infinite`,
    );
    lifecycle.end(sequence, "error", error, now);
  }
}
