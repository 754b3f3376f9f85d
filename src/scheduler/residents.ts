import type { KvCache } from "../blocks/kv-cache.ts";
import type { StepJournal } from "../blocks/step-journal.ts";
import { MAX_PLANS_IN_FLIGHT } from "../config.ts";
import type { AdmissionView } from "../policies/admission/admission-policy.ts";
import type { RequestState, RequestView } from "../request.ts";
import { partsOf } from "./block-parts.ts";
import { DecodeLanes } from "./decode-lanes.ts";
import { NONE, type Entry } from "./entry.ts";
import type { ResolvedSchedulerOptions } from "./options.ts";
import type { PlanBuilder } from "./plan-builder.ts";
import type { PlansInFlight } from "./plans-in-flight.ts";
import { missingBlocksOf } from "./policy-answers.ts";
import { PromptCharges } from "./prompt-charges.ts";
import { Seats } from "./seats.ts";
import type { StepRecord } from "./step-record.ts";
import type { StepShare } from "./step-share.ts";

/** What bounds the running requests. */
type ResidentLimits = Pick<ResolvedSchedulerOptions, "maxRequests" | "contextLength" | "admission" | "queue" | "budget" | "longPrefillThreshold">;

/**
 * The running requests: who holds blocks and a slot.
 *
 * Laws: a request holds blocks exactly while it runs; slots of running requests are distinct and below `maxRequests`;
 * `computedTokenCount <= sequence.capacity`.
 */
export class Residents implements AdmissionView {
  /** In order of admission; without gaps after `compact`. */
  readonly running: readonly Entry[];
  readonly lanes: DecodeLanes;
  readonly #kv: KvCache;
  readonly #builder: PlanBuilder;
  readonly #limits: ResidentLimits;
  readonly charges: PromptCharges;
  readonly #plans: PlansInFlight;
  readonly #seats: Seats;
  /** Serial requests that the step under construction samples. */
  readonly sampledSerials: Entry[] = [];
  /** `promisedBlocks`, or `NONE` where it has to be counted. */
  #promised = NONE;
  /** Running requests with more than one token to compute. */
  prefillCount = 0;
  recomputedTokens = 0;
  draftedTokens = 0;
  acceptedTokens = 0;

  constructor({ kv, builder, plans, limits }: { kv: KvCache; builder: PlanBuilder; plans: PlansInFlight; limits: ResidentLimits }) {
    this.#kv = kv;
    this.#builder = builder;
    this.#limits = limits;
    this.lanes = new DecodeLanes({ kv, builder, plans, maxRequests: limits.maxRequests });
    this.charges = new PromptCharges(limits.queue);
    this.#plans = plans;
    this.#seats = new Seats(limits.maxRequests, this.lanes.outside);
    this.running = this.#seats.running;
  }

  get blockCount(): number {
    return this.#kv.pool.blockCount;
  }
  get blockSize(): number {
    return this.#kv.blockSize;
  }
  get groupCount(): number {
    return this.#kv.groups.length;
  }
  get availableBlocks(): number {
    return this.#kv.pool.availableCount;
  }

  /** Counted once a step; newcomers add theirs. */
  get promisedBlocks(): number {
    if (this.#promised === NONE) {
      const { outside, needyCount } = this.lanes;
      this.#promised = needyCount * this.groupCount;
      for (let i = 0; i < outside.length; i++) this.#promised += this.#promisedTo(outside[i]);
    }
    return this.#promised;
  }

  #promisedTo(entry: Entry): number {
    const sequence = entry.sequence!;
    if (entry.tokenCount <= sequence.capacity && !sequence.forked) return 0;
    return this.#kv.blocksToComplete(sequence, entry.tokenCount) + this.#sharedTail(entry);
  }

  /** Of a windowed group: two steps' tokens stand beside the window until the first is committed. */
  get inFlightBlocks(): number {
    const { budget, longPrefillThreshold } = this.#limits;
    const windowed = this.#kv.groups.filter(({ window }) => window !== null).length;
    return windowed * Math.ceil((MAX_PLANS_IN_FLIGHT * Math.min(budget.maxTokens, longPrefillThreshold)) / this.blockSize);
  }

  get contextLength(): number {
    return this.#limits.contextLength;
  }

  /**
   * Blocks that a running request holds now, of all groups: shared ones included, but for a last one that it will copy before it writes.
   * Those who share a block behind a window go on with one each: it counts in parts.
   */
  heldBlocks(request: RequestView): number {
    const entry = request as Entry;
    let held = 0;
    for (const [group, table] of entry.sequence!.tables.entries()) held += this.#kv.groups[group].window === null ? table.count - table.first : partsOf(table, this.#kv.pool);
    return Math.floor(held) - this.#sharedTail(entry);
  }

  /** Most blocks, of all groups, that `tokenCount` tokens of one request hold at a time. */
  blocksFor(tokenCount: number): number {
    return this.#kv.blocksFor(tokenCount);
  }

  /** Makes a request that fits a running one. */
  enter(entry: Entry, record: StepRecord): void {
    this.#seats.take(entry);
    entry.admittedBy = record.plan.index;
    for (const follower of entry.followers) follower.admittedBy = record.plan.index;
    this.issueChunk(entry, record.journal);
    if (this.#promised !== NONE) this.#promised += this.#promisedTo(entry);
  }

  /** Reserves the chunk's blocks and counts its tokens as computed by the plan under construction. */
  issue(entry: Entry, journal: StepJournal): void {
    const sequence = entry.sequence!;
    const start = entry.computedTokenCount;
    const end = start + entry.chunk;
    if (sequence.forked && start < sequence.capacity) this.#kv.unshare(sequence, start, journal);
    const gained = end > sequence.capacity ? this.#kv.extend(sequence, end, journal) : 0;
    entry.computedTokenCount = end;
    entry.deferral = null;
    entry.inFlightCount += entry.chunk;
    entry.sampleCount = end === entry.tokenCount + entry.pendingCount ? 1 : 0;
    if (start < entry.knownComputed) this.recomputedTokens += Math.min(end, entry.knownComputed) - start;
    this.#notePrefill(entry, entry.gap > 1);
    this.#builder.place(entry, gained);
    if (start < entry.promptTokenCount) this.charges.charge(this.#plans.nextIndex, entry, Math.min(end, entry.promptTokenCount) - start);
    if (entry.sampleCount > 0) {
      entry.pendingCount++;
      if (entry.serial) this.sampledSerials.push(entry);
    }
  }

  /** Everybody's chunk, then what they make matchable: a block that is taken for its equal may come out of what the chunks were promised. */
  issueChunks(journal: StepJournal): void {
    const { running } = this;
    this.#promised = NONE;
    for (let i = 0; i < running.length; i++) if (running[i].chunk > 0) this.issue(running[i], journal);
    for (let i = 0; i < running.length; i++) if (running[i].chunk > 0) this.index(running[i], journal);
  }

  /** The first so many followers begin with the step under construction: it samples its last token for each of them, too. */
  fan(entry: Entry, count: number): void {
    entry.draftCount = 0;
    entry.sampleCount = 1 + count;
    for (let i = 0; i < count; i++) entry.followers[i].pendingCount++;
    this.#builder.widen(entry, 0);
  }

  /** These guesses follow a decode's last known token in the step under construction, which checks them. */
  draft(entry: Entry, drafts: ArrayLike<number>, journal: StepJournal): void {
    const count = drafts.length;
    entry.makeRoom(entry.tokenCount + count);
    // One by one: a drafter may give a view of the tokens themselves.
    for (let i = 0; i < count; i++) entry.tokens[entry.tokenCount + i] = drafts[i];
    entry.draftCount = count;
    entry.chunk += count;
    entry.sampleCount += count;
    entry.pendingCount += count;
    entry.inFlightCount += count;
    entry.computedTokenCount += count;
    this.#builder.widen(entry, this.#kv.extend(entry.sequence!, entry.computedTokenCount, journal));
  }

  /** A committed step checked a request's drafts. */
  noteDrafts(entry: Entry, drafted: number, accepted: number): void {
    entry.draftedTokenCount += drafted;
    entry.acceptedTokenCount += accepted;
    this.draftedTokens += drafted;
    this.acceptedTokens += accepted;
  }

  /** The last so many drafts were wrong: their tokens count as computed no more, and blocks beyond go back. */
  reject(entry: Entry, count: number): void {
    const sequence = entry.sequence!;
    const { capacity } = sequence;
    entry.computedTokenCount -= count;
    entry.inFlightCount -= count;
    this.#kv.truncate(sequence, entry.computedTokenCount);
    // The row's table is too long now.
    if (sequence.capacity < capacity) this.#builder.leave(entry);
  }

  /**
   * A choice whose prompt a running one has computed runs beside it, on the same blocks. False, with nothing changed, where it
   * has to wait: for a slot, or for blocks, which the copies of a shared last one take, too.
   */
  fork(parent: Entry, entry: Entry): boolean {
    this.compact();
    const sequence = parent.sequence!;
    const isPartial = parent.computedTokenCount < sequence.capacity;
    const copies = isPartial ? (sequence.forked ? 1 : 2) * this.groupCount : 0;
    if (this.running.length >= this.#limits.maxRequests || missingBlocksOf(this.#limits.admission, entry, copies, this) > 0) return false;
    this.#seats.take(entry);
    entry.sequence = this.#kv.fork(sequence);
    entry.computedTokenCount = parent.computedTokenCount;
    entry.matchedTokenCount = parent.computedTokenCount;
    this.#notePrefill(entry, entry.gap > 1);
    this.#promised = NONE;
    return true;
  }

  /** One pass where there are blocks for all: decodes are planned and issued at once, prompts share what is left. */
  issueAtOnce(share: StepShare, record: StepRecord): void {
    const { running, lanes } = this;
    const { journal } = record;
    const { outside } = lanes;
    this.#promised = NONE;
    const hasEnough = share.remaining >= running.length;
    if (hasEnough) share.takeDecodes(lanes.advance(record));
    else lanes.leaveAll(running);
    const first = share.firstTurn(outside);
    for (let i = 0; i < outside.length; i++) {
      const entry = outside[(first + i) % outside.length];
      if (share.takeDecode(entry)) this.issueChunk(entry, journal);
    }
    if (share.prefillsLeft > 0) {
      share.planPrompts(outside);
      for (let i = 0; i < outside.length; i++) if (outside[i].isPrefill && outside[i].chunk > 0) this.issueChunk(outside[i], journal);
    }
    if (hasEnough && !this.#kv.windowed) lanes.exchange();
  }

  /** From now on every running request has its counts itself. */
  leaveLanes(): void {
    this.lanes.leaveAll(this.running);
  }

  /** A chunk, and at once what it makes matchable: only where no blocks are promised to others that an equal one could come out of. */
  issueChunk(entry: Entry, journal: StepJournal): void {
    this.issue(entry, journal);
    this.index(entry, journal);
  }

  /** Whether every running request is sure of its blocks in a step of so many tokens: its own, and as many that are taken for their equals. */
  isRoomy(budget: number): boolean {
    const blocks = this.running.length + (this.prefillCount === 0 ? 0 : Math.ceil(budget / this.blockSize));
    return 2 * blocks * this.groupCount <= this.availableBlocks;
  }

  /** Makes full blocks matchable whose tokens are known, and computed by the plan behind the journal or earlier; without a journal, by committed ones. */
  index(entry: Entry, journal: StepJournal | null): void {
    const upTo = Math.min(entry.computedTokenCount, entry.tokenCount);
    if (upTo >= entry.sequence!.indexAt) this.#kv.index(entry.sequence!, entry.tokens, upTo, journal);
  }

  /** Takes a failed plan's tokens of a request back. */
  retract(entry: Entry, tokens: number): void {
    entry.computedTokenCount -= tokens;
    entry.inFlightCount -= tokens;
    this.#notePrefill(entry, entry.gap > 1);
    this.#kv.truncate(entry.sequence!, entry.computedTokenCount);
  }

  /** Gives back blocks that left a sliding window for good. */
  slide(entry: Entry): void {
    this.#kv.slide(entry.sequence!, entry.computedTokenCount - entry.inFlightCount);
  }

  /** Blocks and slot are back at once; `compact` takes it out of `running`. */
  leave(entry: Entry, state: RequestState): void {
    entry.become(state);
    this.lanes.leave(entry);
    this.#notePrefill(entry, false);
    this.#kv.clear(entry.sequence!);
    this.#builder.leave(entry);
    this.#seats.leave(entry);
    entry.knownComputed = Math.max(entry.knownComputed, entry.computedTokenCount - entry.inFlightCount);
    entry.computedTokenCount = 0;
    entry.inFlightCount = 0;
  }

  #notePrefill(entry: Entry, isPrefill: boolean): void {
    if (entry.isPrefill === isPrefill) return;
    entry.isPrefill = isPrefill;
    this.prefillCount += isPrefill ? 1 : -1;
  }

  /** Blocks that it will copy before it writes its next token. */
  #sharedTail(entry: Entry): number {
    const sequence = entry.sequence!;
    return sequence.forked && entry.computedTokenCount < sequence.capacity ? this.#kv.blocksToUnshare(sequence, entry.computedTokenCount) : 0;
  }

  /** Closes the gaps that leavers left among the running. */
  compact(): void {
    this.#promised = NONE;
    this.#seats.compact();
  }
}
