import type { KvCache } from "../blocks/kv-cache.ts";
import type { IntList } from "../collections/int-list.ts";
import type { StepRecord } from "./in-flight.ts";
import { laneOf, type LaneRules } from "./lanes.ts";
import { scoreCount } from "./prompt-scores.ts";
import { NONE, type Sequence } from "./sequence.ts";
import { LAST, RECENT, SlotColumns } from "./slot-columns.ts";

/** Admissions are numbered modulo 2^31. When a number repeats, no record names its first holder. */
const STAYS = 0x7fffffff;

/**
 * The running requests, each at its own slot, and their counts. No other file writes them.
 *
 * Laws: settled <= computed < drawn, known <= drawn; slots in use are distinct; the requests of `decoding` and `others`
 * are the running ones.
 */
export class Slots extends SlotColumns {
  /** The lane `decode` has its tokens of the step under construction. */
  isAdvanced = false;
  readonly #rules: LaneRules;
  #nextStay = 0;

  constructor(slotCount: number, kv: KvCache, rules: LaneRules) {
    super(slotCount, kv);
    this.#rules = rules;
  }

  get isFull(): boolean {
    return this.free.length === 0;
  }

  /** Gives the request a slot, with `computed` tokens in the cache. A slot must be free. */
  enter(sequence: Sequence, computed: number): void {
    const slot = this.free.pop()!;
    const { tokenCount, pendingCount, stopTokenIds } = sequence;
    let bits = 0;
    for (let i = 0; i < stopTokenIds.length; i++) bits |= 1 << (stopTokenIds[i] & 31);
    this.known[slot] = tokenCount;
    this.drawn[slot] = tokenCount + pendingCount;
    this.computed[slot] = computed;
    this.settled[slot] = computed;
    this.newest[slot] = sequence.tokens[tokenCount - 1];
    this.flushed[slot] = tokenCount;
    this.chunks[slot] = 0;
    this.limits[slot] = sequence.maxLength;
    this.stopBits[slot] = bits;
    this.sequences[slot] = sequence;
    this.stays[slot] = this.#nextStay;
    sequence.stay = this.#nextStay;
    sequence.slot = slot;
    sequence.home = this;
    this.#nextStay = (this.#nextStay + 1) & STAYS;
    this.running.push(sequence);
    this.others.push(sequence);
    if (sequence.isSteered) this.steeredCount++;
  }

  /** Frees the request's slot and copies its counts into the request. */
  leave(sequence: Sequence): void {
    const { slot } = sequence;
    if (sequence.isSteered) this.steeredCount--;
    if (this.places[slot] === NONE) remove(this.others, sequence);
    else this.#leaveLane(slot);
    remove(this.running, sequence);
    this.flush(slot);
    sequence.takeCounts(this.known[slot], this.drawn[slot] - this.known[slot]);
    sequence.home = null;
    sequence.slot = NONE;
    sequence.stay = NONE;
    this.stays[slot] = NONE;
    this.sequences[slot] = undefined;
    this.chunks[slot] = 0;
    this.free.push(slot);
    this.leaveCount++;
  }

  /** Before a step: finds the decodes that need a block, and expels decodes with all their tokens. */
  look(): void {
    const { due, computed } = this;
    this.isAdvanced = false;
    due.length = 0;
    for (let i = 0; i < this.touched.length; i++) {
      const slot = this.touched.items[i];
      if (this.places[slot] === NONE) continue;
      if (computed[slot] >= this.limits[slot] - 1) {
        this.#leaveLane(slot);
        this.others.push(this.sequences[slot]!);
      } else if (computed[slot] === this.kv.tables.counts[slot] * this.kv.blockSize) due.push(slot);
    }
  }

  /** After a step: moves its requests into the lane `decode` where the table of lanes admits them. */
  enterLanes(): void {
    const { others } = this;
    let kept = 0;
    for (let i = 0; i < others.length; i++) {
      const { slot } = others[i];
      const wasIssued = this.chunks[slot] > 0;
      this.chunks[slot] = 0;
      if (wasIssued && !others[i].complete && laneOf(others[i], this, this.#rules) === "decode") this.#enterLane(slot);
      else others[kept++] = others[i];
    }
    if (kept < others.length) others.length = kept;
  }

  /** Empties the lane: each running request is decided individually, in order of admission. */
  leaveLanes(): void {
    this.touched.length = 0;
    if (this.decoding.length === 0) return;
    while (this.decoding.length > 0) this.#leaveLane(this.decoding.items[this.decoding.length - 1]);
    this.others.length = 0;
    for (const sequence of this.running) this.others.push(sequence);
  }

  /** Issues one token to each decode of the set; the step samples its successor. */
  advance(): void {
    const { decoding, computed, drawn, known, full } = this;
    const { touched, edges } = this;
    this.isAdvanced = true;
    touched.length = 0;
    for (let i = 0; i < decoding.length; i++) {
      const slot = decoding.items[i];
      const length = computed[slot] + 1;
      computed[slot] = length;
      drawn[slot]++;
      if (length >= edges[slot]) touched.push(slot);
    }
    full.length = 0;
    const { indexAt } = this.kv.tables;
    for (let i = 0; i < touched.length; i++) {
      const slot = touched.items[i];
      if (computed[slot] >= indexAt[slot] && computed[slot] <= known[slot]) full.push(slot);
      this.#findEdge(slot);
    }
  }

  /** The next length at which a decode of the set needs a look: its last block is full, or all its tokens are drawn. */
  #findEdge(slot: number): void {
    const { blockSize } = this.kv.tables;
    this.edges[slot] = Math.min(this.limits[slot] - 1, (Math.floor(this.computed[slot] / blockSize) + 1) * blockSize);
  }

  /** Issues `count` tokens of the request. If they reach its last token, the step samples the next one. */
  issue(slot: number, count: number, knownComputed: number): void {
    const start = this.computed[slot];
    const end = start + count;
    const samples = end === this.drawn[slot] ? 1 : 0;
    this.computed[slot] = end;
    this.chunks[slot] = count;
    this.samples[slot] = samples;
    this.scores[slot] = scoreCount(this.sequences[slot]!, start, end);
    this.drafts[slot] = 0;
    this.drawn[slot] += samples;
    if (start < knownComputed) this.recomputedTokens += Math.min(end, knownComputed) - start;
  }

  /** The step samples the request's last token for `count` more choices. */
  fan(slot: number, count: number): void {
    this.samples[slot] += count;
  }

  /** Appends guesses to the request's last known token; the step checks them. */
  draft(slot: number, guesses: ArrayLike<number>): void {
    const count = guesses.length;
    this.flush(slot);
    const from = this.known[slot];
    const own = this.sequences[slot]!.reserveTokens(from + count);
    // One by one: the guesses may be a view of the tokens themselves.
    for (let i = 0; i < count; i++) own[from + i] = guesses[i];
    this.drafts[slot] = count;
    this.chunks[slot] += count;
    this.samples[slot] += count;
    this.computed[slot] += count;
    this.drawn[slot] += count;
  }

  /** Counts `count` more tokens of the request as settled: a committed plan computed them. */
  settle(slot: number, count: number): void {
    this.settled[slot] += count;
  }

  /** Appends the request's next token, which is on the host now. */
  append(slot: number, tokenId: number): void {
    const at = this.known[slot];
    this.recent[slot * RECENT + (at & LAST)] = tokenId;
    this.newest[slot] = tokenId;
    this.known[slot] = at + 1;
    if (((at + 1) & LAST) === 0) this.flush(slot);
  }

  /** Copies all known tokens into the request's own array. */
  flush(slot: number): void {
    const from = this.flushed[slot];
    const until = this.known[slot];
    if (from === until) return;
    const own = this.sequences[slot]!.reserveTokens(until);
    for (let at = from; at < until; at++) own[at] = this.recent[slot * RECENT + (at & LAST)];
    this.flushed[slot] = until;
  }

  /** Replaces the last token, which no step has read yet. */
  replaceLast({ slot, tokens, tokenCount, steering }: Sequence, tokenId: number): void {
    steering?.forgetLast(tokenCount);
    tokens[tokenCount - 1] = tokenId;
    if (slot !== NONE) this.newest[slot] = tokenId;
  }

  /**
   * Takes back the last `tokens` computed tokens and `samples` samples: their plan was rolled back, or they were wrong
   * drafts.
   */
  undo(slot: number, tokens: number, samples: number): void {
    this.computed[slot] -= tokens;
    this.drawn[slot] -= samples;
  }

  /**
   * Receives a committed plan's samples of decodes. Rows that need a look are listed in `special`, in order: `row` if
   * its token may end the request or move a window, `~row` if the row is no decode of the set. `isAhead`: another plan
   * is in flight; then `full` has the slots with a block to index, whose last token came with this plan.
   */
  receive(record: StepRecord, tokenIds: ArrayLike<number>, special: IntList, isAhead: boolean): void {
    special.length = 0;
    this.full.length = 0;
    const { requestCount } = record.plan;
    const isWhole = record.setCount === requestCount && record.leaveCount === this.leaveCount && !this.kv.windowed;
    if (isWhole) this.#receiveSet(record, tokenIds, special, isAhead);
    else this.#receiveRows(record, tokenIds, special, isAhead);
  }

  /** Every row is of the set, and its request has not left since. */
  #receiveSet({ slots, plan }: StepRecord, tokenIds: ArrayLike<number>, special: IntList, isAhead: boolean): void {
    const { known, settled, newest, lookAt, stopBits, recent } = this;
    const { requestCount } = plan;
    for (let row = 0; row < requestCount; row++) {
      const slot = slots[row];
      const tokenId = tokenIds[row];
      const at = known[slot];
      recent[slot * RECENT + (at & LAST)] = tokenId;
      newest[slot] = tokenId;
      known[slot] = at + 1;
      settled[slot]++;
      if (at + 1 >= lookAt[slot] || ((stopBits[slot] >>> (tokenId & 31)) & 1) === 1) {
        this.#look(row, slot, tokenId, special, isAhead);
      }
    }
  }

  #receiveRows(record: StepRecord, tokenIds: ArrayLike<number>, special: IntList, isAhead: boolean): void {
    const { slots, stays, sampleCounts, scoreCounts, tokens, plan } = record;
    let sample = 0;
    for (let row = 0; row < plan.requestCount; row++) {
      const slot = slots[row];
      const isPlain = sampleCounts[row] === 1 && scoreCounts[row] === 0;
      if (!isPlain || this.stays[slot] !== stays[row] || this.places[slot] === NONE) {
        special.push(~row);
        sample += scoreCounts[row] + sampleCounts[row];
        continue;
      }
      const tokenId = tokenIds[sample++];
      const at = this.known[slot];
      this.recent[slot * RECENT + (at & LAST)] = tokenId;
      this.newest[slot] = tokenId;
      this.known[slot] = at + 1;
      this.settled[slot] += tokens[row];
      if (this.kv.windowed || at + 1 >= this.lookAt[slot] || ((this.stopBits[slot] >>> (tokenId & 31)) & 1) === 1) {
        this.#look(row, slot, tokenId, special, isAhead);
      }
    }
  }

  /**
   * Handles a token that may end its request or completes a block. Flushes recent tokens before they are overwritten.
   */
  #look(row: number, slot: number, tokenId: number, special: IntList, isAhead: boolean): void {
    const count = this.known[slot];
    if ((count & LAST) === 0) this.flush(slot);
    this.lookAt[slot] = Math.min(
      this.limits[slot],
      (count | LAST) + 1,
      Math.max(this.kv.tables.indexAt[slot], count + 1),
    );
    if (count >= this.limits[slot] || this.kv.windowed || ((this.stopBits[slot] >>> (tokenId & 31)) & 1) === 1) {
      special.push(row);
    } else if (isAhead && count >= this.kv.tables.indexAt[slot]) this.full.push(slot);
  }

  #enterLane(slot: number): void {
    this.places[slot] = this.decoding.length;
    this.decoding.push(slot);
    this.lookAt[slot] = 0;
    this.touched.push(slot);
    this.#findEdge(slot);
    this.chunks[slot] = 1;
    this.samples[slot] = 1;
    this.scores[slot] = 0;
    this.drafts[slot] = 0;
  }

  #leaveLane(slot: number): void {
    const last = this.decoding.items[--this.decoding.length];
    if (last !== slot) {
      this.decoding.items[this.places[slot]] = last;
      this.places[last] = this.places[slot];
    }
    this.places[slot] = NONE;
    this.chunks[slot] = 0;
  }
}

/**
 * Searches from the end: young requests come last, and short answers end soon. It reads no other request, because a
 * core's cache does not hold them all.
 */
function remove(sequences: Sequence[], sequence: Sequence): void {
  const at = sequences.lastIndexOf(sequence);
  if (at >= 0) sequences.splice(at, 1);
}
