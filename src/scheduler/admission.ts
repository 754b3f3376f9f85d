import type { KvCache } from "../blocks/kv-cache.ts";
import type { PrefixMatch } from "../blocks/prefix-match.ts";
import type { TableGroup } from "../blocks/table-group.ts";
import type { StepJournal } from "../blocks/step-journal.ts";
import { MAX_PLANS_IN_FLIGHT } from "../config.ts";
import type { AdmissionView } from "../policies/admission/admission-policy.ts";
import type { RequestView } from "../request.ts";
import { AdapterPlaces } from "./adapter-places.ts";
import type { Allotment } from "./allotment.ts";
import type { StepRecord } from "./in-flight.ts";
import type { ResolvedSchedulerOptions } from "./options.ts";
import { NONE, type Deferral, type Sequence } from "./sequence.ts";
import type { Slots } from "./slots.ts";
import type { WaitingQueue } from "./waiting-queue.ts";

/** A waiting request fits: it begins with the match and gets `tokens` tokens in this step. */
export interface Fit {
  readonly match: PrefixMatch;
  readonly tokens: number;
}

/** What admission decides by. */
export interface AdmissionParts {
  readonly kv: KvCache;
  readonly slots: Slots;
  readonly allotment: Allotment;
  readonly options: ResolvedSchedulerOptions;
  readonly waiting: WaitingQueue;
}

/** The lot of long prompts that wait for other long prompts. An adapter's lot has the adapter's number. */
export const LONG_PROMPTS = -1;

/** Decides whether a waiting request fits into the step, or why not. Changes nothing. */
export class Admission implements AdmissionView {
  readonly places: AdapterPlaces;
  readonly #parts: AdmissionParts;
  /** `promisedBlocks`, or `NONE` where it has to be counted. */
  #promised = NONE;

  constructor(parts: AdmissionParts) {
    this.#parts = parts;
    this.places = new AdapterPlaces(parts.options.maxAdapters, parts.slots.running, parts.waiting);
  }

  /** Forgets earlier counts: the running requests have their tokens now. */
  begin(): void {
    this.#promised = NONE;
  }

  /** Unparks requests whose missing resource may be available. */
  openLots({ plan, madeAt }: StepRecord): void {
    this.places.begin(plan.index, madeAt);
    if (this.#longPrefillCount() < this.#parts.options.maxLongPartialPrefills) {
      this.#parts.waiting.open(LONG_PROMPTS, madeAt);
    }
  }

  /** Decides whether a waiting request fits, and with how many tokens. `journal`: of the plan under construction. */
  fit(sequence: Sequence, journal: StepJournal): Fit | Deferral {
    const match = this.look(sequence, journal);
    if ("reason" in match) return match;
    const { kv, options, allotment } = this.#parts;
    const { tokenCount } = sequence;
    const room = this.availableBlocks - match.blocksTaken(kv.pool);
    const gap = tokenCount - match.tokenCount;
    if (allotment.mostTokens(sequence, match.tokenCount) === 0) return allotment.holds(sequence, 1)!;
    const tokens = allotment.offer(sequence, match.tokenCount, room);
    if (tokens === 0) {
      if (room > 0) return { reason: "budget", missingTokens: gap };
      return { reason: "blocks", missingBlocks: kv.blocksToAdmit(match, tokenCount) - this.availableBlocks };
    }
    if (tokens < gap && !this.#mayStayPartial(sequence)) {
      const { maxPartialPrefills, maxLongPartialPrefills } = options;
      return { reason: "partial-prefills", limit: this.isFullOfPartial ? maxPartialPrefills : maxLongPartialPrefills };
    }
    return { match, tokens };
  }

  /** The cached beginning of a waiting request, or what it lacks besides tokens of the step. Changes nothing. */
  look(sequence: Sequence, journal: StepJournal): PrefixMatch | Deferral {
    const { kv, slots, options } = this.#parts;
    const { tokenCount } = sequence;
    if (sequence.pendingCount > 0) return { reason: "in-flight" };
    // Before a slot: it is missing however many requests run.
    if (!this.places.has(sequence.adapterId)) return { reason: "adapters", limit: options.maxAdapters };
    if (slots.isFull) return { reason: "requests", limit: options.maxRequests };
    const match = sequence.cacheable ? kv.lookup(sequence.domain, sequence.tokens, tokenCount, journal) : kv.noMatch();
    let missing = this.#missingBlocks(sequence, match);
    // A partial match takes two more blocks for one step. It is dropped if the admission fits without it.
    if (match.partialNode !== 0 && (missing > 0 || kv.blocksToAdmit(match, tokenCount) > this.availableBlocks)) {
      match.dropPartial();
      missing = this.#missingBlocks(sequence, match);
    }
    return missing > 0 ? { reason: "blocks", missingBlocks: missing } : match;
  }

  /** Tokens that a waiting request would take from the prefix cache now. */
  cachedTokens({ cacheable, domain, tokens, tokenCount }: Sequence): number {
    return cacheable ? this.#parts.kv.lookup(domain, tokens, tokenCount).tokenCount : 0;
  }

  /** Whether the limit of partial prompts is reached. */
  get isFullOfPartial(): boolean {
    return this.#partialCount(0) >= this.#parts.options.maxPartialPrefills;
  }

  /**
   * Whether a choice may run beside another on the same blocks: it needs a slot, and the copies of a shared last block
   * that is half full. What is in flight of the other may fail, and the choice would not hear of it: it then waits for
   * a plan of its own.
   */
  fitsBeside(parent: Sequence, sequence: Sequence): boolean {
    const { slots, kv, options } = this.#parts;
    if (slots.isFull) return false;
    const computed = slots.computed[parent.slot];
    if (slots.settled[parent.slot] !== computed) return false;
    const isPartial = computed % kv.blockSize > 0;
    const copies = isPartial ? (kv.tables.forked[parent.slot] === 1 ? 1 : 2) * this.groupCount : 0;
    this.#promised = NONE;
    return options.admission.missingBlocks(sequence, copies, this) === 0;
  }

  /** Counts the blocks that a newcomer will need for its remaining tokens. */
  notePromise(sequence: Sequence): void {
    if (this.#promised !== NONE) this.#promised += this.promisedTo(sequence);
  }

  get running(): readonly RequestView[] {
    return this.#parts.slots.running;
  }
  get blockCount(): number {
    return this.#parts.kv.pool.blockCount;
  }
  get blockSize(): number {
    return this.#parts.kv.blockSize;
  }
  get groupCount(): number {
    return this.#parts.kv.groups.length;
  }
  get availableBlocks(): number {
    return this.#parts.kv.pool.availableCount;
  }
  get contextLength(): number {
    return this.#parts.options.contextLength;
  }

  /** Counted once a step; `notePromise` adds each newcomer's. */
  get promisedBlocks(): number {
    if (this.#promised === NONE) {
      this.#promised = this.#parts.slots.needyCount * this.groupCount;
      for (const sequence of this.#parts.slots.others) this.#promised += this.promisedTo(sequence);
    }
    return this.#promised;
  }

  /** Of a windowed group: two steps' tokens stand beside the window until the first is committed. */
  get inFlightBlocks(): number {
    const { kv, options } = this.#parts;
    const windowed = kv.groups.filter(({ window }) => window !== null).length;
    const { budget, longPrefillThreshold } = options;
    return (
      windowed * Math.ceil((MAX_PLANS_IN_FLIGHT * Math.min(budget.maxTokens, longPrefillThreshold)) / this.blockSize)
    );
  }

  /**
   * Blocks that a running request holds now, of all groups: shared ones included, but for a last block that it will
   * copy before it writes. A block behind a window that n requests share counts as 1/n: each of them goes on with one
   * of its own.
   */
  heldBlocks(request: RequestView): number {
    const { slot } = request as Sequence;
    const { tables } = this.#parts.kv;
    let held = 0;
    for (const group of tables.groups) {
      held += group.window === null ? tables.counts[slot] - group.first[slot] : this.#partsOf(group, slot);
    }
    return Math.floor(held) - this.#sharedTail(request as Sequence);
  }

  /** Most blocks, of all groups, that `tokenCount` tokens of one request hold at a time. */
  blocksFor(tokenCount: number): number {
    return this.#parts.kv.blocksFor(tokenCount);
  }

  #partsOf(group: TableGroup, slot: number): number {
    const { pool, tables } = this.#parts.kv;
    let parts = 0;
    for (let index = group.first[slot]; index < tables.counts[slot]; index++) {
      parts += 1 / pool.references[group.get(slot, index)];
    }
    return parts;
  }

  /** Blocks that a running request still takes for the tokens that it has. */
  promisedTo(sequence: Sequence): number {
    return this.#parts.kv.blocksToComplete(sequence.slot, sequence.tokenCount) + this.#sharedTail(sequence);
  }

  /** Asks the admission policy, unless nothing runs. */
  #missingBlocks(sequence: Sequence, match: PrefixMatch): number {
    const { slots, options, kv } = this.#parts;
    if (slots.running.length === 0) return 0;
    return options.admission.missingBlocks(sequence, kv.blocksToAdmit(match, sequence.tokenCount), this);
  }

  #sharedTail(sequence: Sequence): number {
    const start = sequence.computedTokenCount;
    return this.#parts.kv.tables.blocksToReserve(sequence.slot, start, start);
  }

  #mayStayPartial({ promptTokenCount }: Sequence): boolean {
    const { maxLongPartialPrefills, longPrefillThreshold } = this.#parts.options;
    if (this.isFullOfPartial) return false;
    return promptTokenCount <= longPrefillThreshold || this.#longPrefillCount() < maxLongPartialPrefills;
  }

  #longPrefillCount(): number {
    const { maxLongPartialPrefills, longPrefillThreshold } = this.#parts.options;
    if (maxLongPartialPrefills === Number.POSITIVE_INFINITY) return 0;
    return this.#partialCount(longPrefillThreshold);
  }

  /** Partial prompts longer than `tokens` tokens. */
  #partialCount(tokens: number): number {
    let count = 0;
    for (const { gap, promptTokenCount } of this.#parts.slots.others) if (gap > 1 && promptTokenCount > tokens) count++;
    return count;
  }
}
