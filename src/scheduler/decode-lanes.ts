import type { Sequence } from "../blocks/block-table.ts";
import type { KvCache } from "../blocks/kv-cache.ts";
import type { StepJournal } from "../blocks/step-journal.ts";
import { NONE, type Entry, type LaneCounts } from "./entry.ts";
import { LaneTokens } from "./lane-tokens.ts";
import type { PlanBuilder } from "./plan-builder.ts";
import { PhaseLists } from "./phase-lists.ts";
import type { PlansInFlight } from "./plans-in-flight.ts";
import { isSteady } from "./steady-decode.ts";
import type { StepRecord } from "./step-record.ts";

/** More steps than any request takes; a small integer, for a greater number would be boxed with every store. */
const MANY = 2 ** 30 - 1;

/**
 * Requests that decode token after token, each in the lane of its slot. All of them are in every step, so two counters for all tell
 * how far each has come; the requests themselves, which do not fit into a core's cache together, are looked at where a block
 * begins and at their end. While a request is in a lane, its counts and newest tokens are read from here.
 *
 * Laws: each running request is in its lane or `outside`; every plan in flight has one token and one sample of each request in a lane,
 * which computes the token behind its last known and pending ones, gap = 1; none is serial, forked or suspect, or has all its tokens.
 */
export class DecodeLanes implements LaneCounts {
  /** Running requests in no lane, prompts in the order in which they came; without gaps after `Residents.compact`. */
  readonly outside: Entry[] = [];
  /** Whether all of `outside` are in the order in which they came. */
  #isOrdered = true;
  /** Rows of the last received plan that need a look, in order: those with a token that may end the request, and as ~row those outside. */
  readonly special: Int32Array;
  #count = 0;
  #departures = 0;
  /** Plans issued, to 32 bits. */
  #issues = 0;
  /** Plans issued before the next one whose issue gives some request its last token; a lower bound. */
  #issuesLeft = 0;
  /** [slots] the stay of the request in the lane, `NONE` for none. */
  readonly #stays: Int32Array;
  /** [slots] computed tokens less `#issues`. */
  readonly #computedBases: Int32Array;
  /** [slots] most tokens, prompt and answer. */
  readonly #limits: Int32Array;
  /** [slots] bit `id % 32` of each id that ends the request: an id without its bit does not. */
  readonly #stopBits: Int32Array;
  /** Slots by the step in which their blocks are full. */
  readonly #due: PhaseLists;
  readonly #tokens: LaneTokens;
  readonly #kv: KvCache;
  readonly #builder: PlanBuilder;
  readonly #plans: PlansInFlight;

  constructor({ kv, builder, plans, maxRequests }: { kv: KvCache; builder: PlanBuilder; plans: PlansInFlight; maxRequests: number }) {
    this.#kv = kv;
    this.#builder = builder;
    this.#plans = plans;
    this.special = new Int32Array(maxRequests);
    this.#stays = new Int32Array(maxRequests).fill(NONE);
    this.#computedBases = new Int32Array(maxRequests);
    this.#limits = new Int32Array(maxRequests);
    this.#stopBits = new Int32Array(maxRequests);
    this.#due = new PhaseLists(kv.blockSize, maxRequests);
    this.#tokens = new LaneTokens(kv.blockSize, maxRequests);
  }

  /** Requests in lanes. */
  get count(): number {
    return this.#count;
  }

  /** Requests in lanes whose last known token needs a block in each group. */
  get needyCount(): number {
    const coming = this.#due.coming();
    return coming.length > 0 && this.pendingCountOf(coming.at(0)) === 0 ? coming.length : 0;
  }

  /** How often someone left a lane. */
  get departures(): number {
    return this.#departures;
  }

  pendingCountOf(slot: number): number {
    return this.computedTokenCountOf(slot) + 1 - this.tokenCountOf(slot);
  }

  tokenCountOf(slot: number): number {
    return this.#tokens.countOf(slot);
  }

  computedTokenCountOf(slot: number): number {
    return (this.#computedBases[slot] + this.#issues) | 0;
  }

  tokensOf(slot: number): Int32Array {
    return this.#tokens.flush(slot);
  }

  /** Whether the request is in its lane, in that stay. */
  holds(slot: number, stay: number): boolean {
    return this.#stays[slot] === stay;
  }

  /**
   * After all chunks of a step are issued: lets those in who got a decode like the next ones, and are in every one of the plans in flight,
   * the one under construction counted. Those in lanes who have all their tokens now go outside.
   */
  exchange(): void {
    if (this.#count > 0 && this.#issuesLeft-- === 0) this.#expelComplete();
    const { outside } = this;
    const inFlight = this.#plans.count + 1;
    let kept = 0;
    for (let i = 0; i < outside.length; i++) {
      if (isSteady(outside[i], inFlight)) this.#enter(outside[i]);
      else outside[kept++] = outside[i];
    }
    if (kept < outside.length) outside.length = kept;
  }

  /** Takes a request out with all its counts, where it is in a lane. */
  leave(entry: Entry): void {
    if (entry.lanes === null) return;
    const { slot, tokens, tokenCount, computedTokenCount, pendingCount } = entry;
    entry.lanes = null;
    entry.tokens = tokens;
    entry.tokenCount = tokenCount;
    entry.computedTokenCount = computedTokenCount;
    entry.pendingCount = pendingCount;
    entry.inFlightCount = pendingCount;
    entry.lastToken = tokens[tokenCount - 1];
    this.#stays[slot] = NONE;
    this.#tokens.leave(slot);
    this.#due.remove(slot);
    this.#count--;
    this.#departures++;
  }

  /** Takes all out: `running` are outside, in that order. */
  leaveAll(running: readonly Entry[]): void {
    if (this.#count === 0 && this.#isOrdered) return;
    this.#isOrdered = true;
    this.outside.length = 0;
    for (const entry of running) {
      this.leave(entry);
      this.outside.push(entry);
    }
  }

  /** Issues one more token of each. Returns how many there are. */
  advance({ journal }: StepRecord): number {
    const issued = this.#count;
    if (issued === 0) return 0;
    this.#issues = (this.#issues + 1) | 0;
    this.#writeRows();
    this.#builder.placeDecodes(issued);
    // Pass by pass, short ones: the fetches of different requests overlap.
    const due = this.#due.next();
    for (let i = 0; i < due.length; i++) this.#extend(due.at(i), journal);
    // Ahead, the tokens that fill blocks come with the next commit.
    if (this.#plans.count === 0) this.indexFull(journal);
    return issued;
  }

  /** Notes who is in the plan that goes out: everybody in a lane. */
  stamp(record: StepRecord): void {
    record.laneRows = this.#count;
    record.departures = this.#departures;
  }

  /** Takes the samples of a committed plan in. Returns how many rows are `special`. */
  receive(record: StepRecord, tokenIds: ArrayLike<number>): number {
    const { plan, slots, stays: issued, sampleCounts } = record;
    const { requestCount } = plan;
    const { special } = this;
    const stays = this.#stays;
    const stopBits = this.#stopBits;
    const newest = this.#tokens.open();
    // Then every row's request is in its lane.
    const isWhole = record.laneRows === requestCount && record.departures === this.#departures;
    let count = 0;
    let sample = 0;
    for (let row = 0; row < requestCount; row++) {
      const slot = slots[row];
      if (!isWhole && stays[slot] !== issued[row]) {
        special[count++] = ~row;
        sample += sampleCounts[row];
        continue;
      }
      const tokenId = tokenIds[sample++];
      newest[slot] = tokenId;
      if (((stopBits[slot] >>> (tokenId & 31)) & 1) === 1) special[count++] = row;
    }
    return count;
  }

  /** What a step changes of a row that decodes. */
  #writeRows(): void {
    const { rows, columns, rowCount } = this.#builder;
    const { chunks, inputs, lastSamples } = rows;
    const { contextLengths, requestSlots } = columns;
    const stays = this.#stays;
    const newest = this.#tokens.newest();
    const isKnown = this.#plans.count === 0;
    // All alike: with the loop below alone, schedule() of 256 decodes takes 7.9 instead of 7.0 µs (bench/scheduler/scheduler.bench.ts).
    if (this.#count === rowCount && isKnown) {
      chunks.fill(1, 0, rowCount);
      for (let row = 0; row < rowCount; row++) {
        contextLengths[row]++;
        inputs[row] = newest[requestSlots[row]];
      }
      return;
    }
    for (let row = 0; row < rowCount; row++) {
      const slot = requestSlots[row];
      if (stays[slot] === NONE) continue;
      contextLengths[row]++;
      chunks[row] = 1;
      inputs[row] = isKnown ? newest[slot] : ~lastSamples[row];
    }
  }

  #extend(slot: number, journal: StepJournal): void {
    const sequence = this.#sequenceOf(slot);
    this.#builder.noteGrowth(this.#builder.rows.bySlot[slot], this.#kv.extend(sequence, sequence.capacity + 1, journal));
  }

  /** Makes the blocks matchable that the plan behind the journal, the last one, fills; all its tokens are known. */
  indexFull(journal: StepJournal): void {
    const full = this.#due.coming();
    for (let i = 0; i < full.length; i++) {
      const slot = full.at(i);
      const sequence = this.#sequenceOf(slot);
      const upTo = this.computedTokenCountOf(slot);
      if (upTo >= sequence.indexAt) this.#kv.index(sequence, this.#tokens.flush(slot), upTo, journal);
      else if (this.#tokens.mustFlush(slot)) this.#tokens.flush(slot);
    }
  }

  #sequenceOf(slot: number): Sequence {
    const { rows } = this.#builder;
    return rows.sequences[rows.bySlot[slot]];
  }

  #expelComplete(): void {
    const { columns, rows, rowCount } = this.#builder;
    this.#issuesLeft = MANY;
    for (let row = 0; row < rowCount; row++) {
      const slot = columns.requestSlots[row];
      if (this.#stays[slot] === NONE) continue;
      const left = this.#limits[slot] - 1 - columns.contextLengths[row];
      if (left > 0) this.#noteEnd(left);
      else {
        this.leave(rows.entries[row]);
        this.outside.push(rows.entries[row]);
        this.#isOrdered = false;
      }
    }
  }

  /** So many more tokens can be issued of some request. */
  #noteEnd(left: number): void {
    if (left <= this.#issuesLeft) this.#issuesLeft = left - 1;
  }

  #enter(entry: Entry): void {
    const { slot, stopTokenIds, computedTokenCount } = entry;
    const sequence = entry.sequence!;
    if (this.#count++ === 0) this.#issuesLeft = MANY;
    this.#stays[slot] = entry.stay;
    this.#computedBases[slot] = computedTokenCount - this.#issues;
    this.#limits[slot] = entry.maxLength;
    let bits = 0;
    for (let i = 0; i < stopTokenIds.length; i++) bits |= 1 << (stopTokenIds[i] & 31);
    this.#stopBits[slot] = bits;
    this.#tokens.enter(slot, entry.tokens, entry.tokenCount, entry.maxLength);
    this.#due.add(slot, sequence.capacity - computedTokenCount);
    this.#noteEnd(entry.maxLength - 1 - computedTokenCount);
    entry.lanes = this;
  }
}
