import type { KvCache } from "../blocks/kv-cache.ts";
import type { PrefixMatch } from "../blocks/prefix-match.ts";
import { MAX_SET_ASIDE } from "../config.ts";
import { AdapterPlaces } from "./adapter-places.ts";
import { NONE, shortfall, type Deferral, type Entry } from "./entry.ts";
import type { ResolvedSchedulerOptions } from "./options.ts";
import { missingBlocksOf } from "./policy-answers.ts";
import type { Residents } from "./residents.ts";
import type { Roster } from "./roster.ts";
import type { StepRecord } from "./step-record.ts";
import type { StepShare } from "./step-share.ts";

/** The lot of long prompts that wait for others of their kind; adapters' lots have the adapters' numbers. */
const LONG_PROMPTS = -1;

/** Lets waiting requests into the step under construction. */
export class Admissions {
  readonly #kv: KvCache;
  readonly #roster: Roster;
  readonly #residents: Residents;
  readonly #share: StepShare;
  readonly #counters: { cachedTokens: number; lookedUpTokens: number };
  readonly #options: ResolvedSchedulerOptions;
  readonly #places: AdapterPlaces;
  /** Of the last `obstacle`. */
  #match: PrefixMatch | undefined;
  /** Passed over in this step; used again. */
  readonly #aside: Entry[] = [];

  constructor(context: { kv: KvCache; roster: Roster; share: StepShare; counters: { cachedTokens: number; lookedUpTokens: number }; options: ResolvedSchedulerOptions }) {
    const { kv, options } = context;
    this.#kv = kv;
    this.#roster = context.roster;
    this.#residents = context.roster.residents;
    this.#share = context.share;
    this.#counters = context.counters;
    this.#options = options;
    this.#places = new AdapterPlaces(options.maxAdapters, this.#residents.running, this.#roster.waiting);
    options.queue.attach?.({
      cachedTokens(request) {
        const { cacheable, domain, tokens, tokenCount } = request as Entry;
        return cacheable ? kv.cachedTokens(domain, tokens, tokenCount) : 0;
      },
    });
  }

  /**
   * In the order of the queue, until one does not fit. A request that lacks its adapter's place, or that would be one long prompt under way
   * too many, is parked and lets others pass. So does one that would stay partial, a bounded number of times.
   */
  admit(record: StepRecord, now: number): void {
    const { waiting } = this.#roster;
    if (waiting.size === 0) return;
    this.open(record, now);
    this.#aside.length = 0;
    this.#options.queue.begin?.(now);
    while (this.#share.remaining > 0 && waiting.readyCount > 0 && this.#aside.length < MAX_SET_ASIDE) {
      const entry = waiting.next(now)!;
      entry.deferral = this.tryOne(entry, record, now);
      if (entry.deferral !== null && !this.#setAside(entry, entry.deferral, now)) break;
    }
    for (const entry of this.#aside) waiting.add(entry, now);
  }

  /** Puts parked requests back into the queue's order where there is what they lacked. */
  open({ plan }: StepRecord, now: number): void {
    this.#places.begin(plan.index, now);
    if (this.#longPrefillCount() < this.#options.maxLongPartialPrefills) this.#roster.waiting.open(LONG_PROMPTS, now);
  }

  /** Whether others may pass the request. */
  #setAside(entry: Entry, { reason }: Deferral, now: number): boolean {
    const { waiting } = this.#roster;
    if (reason === "adapters") waiting.park(entry, entry.adapterId, now);
    else if (reason !== "partial-prefills") return false;
    else if (this.#residents.prefillCount < this.#options.maxPartialPrefills) waiting.park(entry, LONG_PROMPTS, now);
    else {
      waiting.remove(entry, now);
      this.#aside.push(entry);
    }
    return true;
  }

  /** Admits a waiting request with a first chunk, whoever's turn it is, or says what is missing. */
  tryOne(entry: Entry, record: StepRecord, now: number): Deferral | null {
    const deferral = this.fit(entry, record);
    if (deferral !== null) {
      this.#options.decisionLog?.note("defer", now, record.plan.index, entry.label, shortfall(deferral), deferral.reason);
      return deferral;
    }
    this.#options.decisionLog?.note("admit", now, record.plan.index, entry.label, entry.matchedTokenCount);
    // Queue policies and listeners read the count of the first admission.
    this.#countMatch(entry, record.plan.index);
    this.#places.take(entry);
    this.#roster.started(entry, now);
    this.#residents.enter(entry, record);
    return null;
  }

  #countMatch(entry: Entry, plan: number): void {
    this.#counters.cachedTokens += entry.matchedTokenCount;
    if (entry.cacheable) this.#counters.lookedUpTokens += entry.tokenCount;
    if (entry.firstAdmittedBy !== NONE) return;
    entry.firstAdmittedBy = plan;
    entry.cachedTokenCount = entry.matchedTokenCount;
  }

  /**
   * Looks for room for a waiting request and, where there is, attaches its cached beginning and sets its chunk.
   * Returns null then; otherwise what is missing, with nothing changed.
   */
  fit(entry: Entry, record: StepRecord): Deferral | null {
    const obstacle = this.obstacle(entry, record);
    if (obstacle !== null) return obstacle;
    const match = this.#match!;
    const taken = this.#kv.blocksToAttach(match);
    const room = this.#residents.availableBlocks - taken;
    const gap = entry.tokenCount - match.tokenCount;
    const chunk = this.#share.offer(entry, match.tokenCount, room);
    if (chunk === 0) return room <= 0 ? { reason: "blocks", missingBlocks: this.#kv.blocksToAdmit(match, entry.tokenCount) - this.#residents.availableBlocks } : { reason: "budget", missingTokens: gap };
    if (chunk < gap && !this.#mayStayPartial(entry)) return { reason: "partial-prefills", limit: this.#options.maxPartialPrefills };
    this.#share.take(chunk);
    entry.matchedTokenCount = this.#kv.attach(entry.sequence!, match, record.journal);
    entry.computedTokenCount = entry.matchedTokenCount;
    entry.chunk = chunk;
    return null;
  }

  /** What a waiting request lacks besides tokens of the step; null for nothing. Changes nothing. */
  obstacle(entry: Entry, { journal, plan }: StepRecord): Deferral | null {
    const refusal = this.#refusal(entry, plan.index);
    if (refusal !== null) return refusal;
    const kv = this.#kv;
    entry.sequence ??= kv.open({ maxTokens: entry.maxLength, tokenCount: entry.tokenCount, domain: entry.domain, cacheable: entry.cacheable });
    const match = kv.lookup(entry.sequence, entry.tokens, entry.tokenCount, journal);
    this.#match = match;
    let missing = this.#missingBlocks(entry, match);
    // A partial match takes two blocks more for a moment. It never delays an admission that goes without.
    if (match.partialNode !== 0 && (missing > 0 || kv.blocksToAdmit(match, entry.tokenCount) > this.#residents.availableBlocks)) {
      match.dropPartial();
      missing = this.#missingBlocks(entry, match);
    }
    return missing > 0 ? { reason: "blocks", missingBlocks: missing } : null;
  }

  /** Blocks that the request takes, after `obstacle` found none. */
  blocksFor(entry: Entry, record: StepRecord): number {
    return this.obstacle(entry, record) === null ? this.#kv.blocksToAdmit(this.#match!, entry.tokenCount) : 0;
  }

  /** By the admission policy, which is not asked where nothing runs. */
  #missingBlocks(entry: Entry, match: PrefixMatch): number {
    if (this.#residents.running.length === 0) return 0;
    return missingBlocksOf(this.#options.admission, entry, this.#kv.blocksToAdmit(match, entry.tokenCount), this.#residents);
  }

  /** What stands in the way before blocks are looked at. An adapter's place comes first: it is missing however many requests run. */
  #refusal(entry: Entry, plan: number): Deferral | null {
    const { maxRequests, maxAdapters } = this.#options;
    if (entry.pendingCount > 0) return { reason: "in-flight" };
    if (!this.#places.has(entry.adapterId)) {
      if (entry.lacksAdapterSince === NONE) entry.lacksAdapterSince = plan;
      return { reason: "adapters", limit: maxAdapters };
    }
    return this.#residents.running.length >= maxRequests ? { reason: "requests", limit: maxRequests } : null;
  }

  #mayStayPartial(entry: Entry): boolean {
    const { maxPartialPrefills, maxLongPartialPrefills, longPrefillThreshold } = this.#options;
    if (this.#residents.prefillCount >= maxPartialPrefills) return false;
    return entry.promptTokenCount <= longPrefillThreshold || this.#longPrefillCount() < maxLongPartialPrefills;
  }

  #longPrefillCount(): number {
    const { maxLongPartialPrefills, longPrefillThreshold } = this.#options;
    if (maxLongPartialPrefills === Number.POSITIVE_INFINITY) return 0;
    return this.#residents.running.filter((other) => other.isPrefill && other.promptTokenCount > longPrefillThreshold).length;
  }
}
