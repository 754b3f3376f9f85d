import type { KvCache } from "../blocks/kv-cache.ts";
import type { PrefixMatch } from "../blocks/prefix-match.ts";
import type { StepJournal } from "../blocks/step-journal.ts";
import { MAX_SET_ASIDE } from "../config.ts";
import { NONE, shortfall, type Deferral, type Entry } from "./entry.ts";
import type { ResolvedSchedulerOptions } from "./options.ts";
import type { Residents } from "./residents.ts";
import type { Roster } from "./roster.ts";
import type { StepRecord } from "./step-record.ts";
import type { StepShare } from "./step-share.ts";

/** Lets waiting requests into the step under construction. */
export class Admissions {
  readonly #kv: KvCache;
  readonly #roster: Roster;
  readonly #residents: Residents;
  readonly #share: StepShare;
  readonly #counters: { cachedTokens: number; lookedUpTokens: number };
  readonly #options: ResolvedSchedulerOptions;
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
    options.queue.attach?.({
      cachedTokens(request) {
        const { cacheable, domain, tokens, tokenCount } = request as Entry;
        return cacheable ? kv.cachedTokens(domain, tokens, tokenCount) : 0;
      },
    });
  }

  /** In the order of the queue, until one does not fit. One that only lacks a place for its adapter lets others pass. */
  admit(record: StepRecord, now: number): void {
    const { waiting } = this.#roster;
    if (waiting.size === 0) return;
    this.#aside.length = 0;
    this.#options.queue.begin?.(now);
    while (this.#share.remaining > 0 && waiting.size > 0 && this.#aside.length < MAX_SET_ASIDE) {
      const entry = waiting.next(now)!;
      entry.deferral = this.tryOne(entry, record, now);
      if (entry.deferral === null) continue;
      if (entry.deferral.reason !== "adapters") break;
      waiting.remove(entry, now);
      this.#aside.push(entry);
    }
    for (const entry of this.#aside) waiting.add(entry, now);
  }

  /** Admits a waiting request with a first chunk, whoever's turn it is, or says what is missing. */
  tryOne(entry: Entry, record: StepRecord, now: number): Deferral | null {
    const deferral = this.fit(entry, record.journal);
    if (deferral !== null) {
      this.#options.decisionLog?.note("defer", now, record.plan.index, entry.label, shortfall(deferral), deferral.reason);
      return deferral;
    }
    this.#options.decisionLog?.note("admit", now, record.plan.index, entry.label, entry.matchedTokenCount);
    // Queue policies and listeners read the count of the first admission.
    this.#countMatch(entry, record.plan.index);
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
  fit(entry: Entry, journal: StepJournal): Deferral | null {
    const refusal = this.#refusal(entry);
    if (refusal !== null) return refusal;
    const kv = this.#kv;
    const { availableBlocks } = this.#residents;
    entry.sequence ??= kv.open({ maxTokens: entry.maxLength, domain: entry.domain, cacheable: entry.cacheable });
    const match = kv.lookup(entry.sequence, entry.tokens, entry.tokenCount, journal);
    let missing = this.#missingBlocks(entry, match);
    // A partial match takes two blocks more for a moment. It never delays an admission that goes without.
    if (match.partialNode !== 0 && (missing > 0 || kv.blocksToAdmit(match, entry.tokenCount) > availableBlocks)) {
      match.dropPartial();
      missing = this.#missingBlocks(entry, match);
    }
    if (missing > 0) return { reason: "blocks", missingBlocks: missing };
    const taken = kv.blocksToAttach(match);
    const room = availableBlocks - taken;
    const gap = entry.tokenCount - match.tokenCount;
    const chunk = this.#share.offer(entry, match.tokenCount, room);
    if (chunk === 0) return room <= 0 ? { reason: "blocks", missingBlocks: kv.blocksToAdmit(match, entry.tokenCount) - availableBlocks } : { reason: "budget", missingTokens: gap };
    if (chunk < gap && !this.#mayStayPartial(entry)) return { reason: "partial-prefills", limit: this.#options.maxPartialPrefills };
    this.#share.take(chunk);
    entry.matchedTokenCount = kv.attach(entry.sequence, match, journal);
    entry.computedTokenCount = entry.matchedTokenCount;
    entry.chunk = chunk;
    return null;
  }

  /** By the admission policy, which is not asked where nothing runs. */
  #missingBlocks(entry: Entry, match: PrefixMatch): number {
    if (this.#residents.running.length === 0) return 0;
    return this.#options.admission.missingBlocks(entry, this.#kv.blocksToAdmit(match, entry.tokenCount), this.#residents);
  }

  /** What stands in the way before blocks are looked at. */
  #refusal(entry: Entry): Deferral | null {
    const { maxRequests, maxAdapters } = this.#options;
    if (entry.pendingCount > 0) return { reason: "in-flight" };
    if (this.#residents.running.length >= maxRequests) return { reason: "requests", limit: maxRequests };
    return this.#hasPlaceForAdapter(entry.adapterId) ? null : { reason: "adapters", limit: maxAdapters };
  }

  #hasPlaceForAdapter(adapterId: number): boolean {
    const { maxAdapters } = this.#options;
    if (adapterId === 0 || maxAdapters === Number.POSITIVE_INFINITY) return true;
    const adapters = new Set(this.#residents.running.map((entry) => entry.adapterId)).add(adapterId);
    adapters.delete(0);
    return adapters.size <= maxAdapters;
  }

  #mayStayPartial(entry: Entry): boolean {
    const { maxPartialPrefills, maxLongPartialPrefills, longPrefillThreshold } = this.#options;
    if (this.#residents.prefillCount >= maxPartialPrefills) return false;
    if (entry.promptTokenCount <= longPrefillThreshold) return true;
    return this.#residents.running.filter((other) => other.isPrefill && other.promptTokenCount > longPrefillThreshold).length < maxLongPartialPrefills;
  }
}
