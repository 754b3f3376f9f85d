import type { KvCache } from "../blocks/kv-cache.ts";
import { MAX_SET_ASIDE } from "../config.ts";
import { shortfall, type Deferral, type Entry } from "./entry.ts";
import type { ResolvedSchedulerOptions } from "./options.ts";
import type { Roster } from "./roster.ts";
import type { StepRecord } from "./step-record.ts";
import type { StepShare } from "./step-share.ts";

/** Lets waiting requests into the step under construction. */
export class Admissions {
  readonly #roster: Roster;
  readonly #share: StepShare;
  readonly #counters: { cachedTokens: number; recomputedTokens: number };
  readonly #options: ResolvedSchedulerOptions;
  /** Passed over in this step; used again. */
  readonly #aside: Entry[] = [];

  constructor(context: { kv: KvCache; roster: Roster; share: StepShare; counters: { cachedTokens: number; recomputedTokens: number }; options: ResolvedSchedulerOptions }) {
    const { kv, options } = context;
    this.#roster = context.roster;
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
    const deferral = this.#roster.residents.fit(entry, this.#share, record.journal);
    if (deferral !== null) {
      this.#options.decisionLog?.note("defer", now, record.plan.index, entry.label, shortfall(deferral), deferral.reason);
      return deferral;
    }
    this.#options.decisionLog?.note("admit", now, record.plan.index, entry.label, entry.cachedTokenCount);
    this.#roster.started(entry, now);
    this.#counters.cachedTokens += entry.cachedTokenCount;
    if (entry.wasStarted) this.#counters.recomputedTokens += entry.tokenCount - entry.cachedTokenCount;
    this.#roster.residents.enter(entry, record);
    return null;
  }
}
