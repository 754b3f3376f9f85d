import type { KvCache } from "../blocks/kv-cache.ts";
import type { Entry } from "./entry.ts";
import type { ResolvedSchedulerOptions } from "./options.ts";
import type { PlansInFlight } from "./plans-in-flight.ts";
import type { Roster } from "./roster.ts";
import type { StepShare } from "./step-share.ts";

/** Gives the running requests their tokens where blocks are short: some go without, or make room for the others. */
export class Preemptions {
  readonly #kv: KvCache;
  readonly #roster: Roster;
  readonly #share: StepShare;
  readonly #counters: { preemptions: number };
  readonly #plans: PlansInFlight;
  readonly #options: ResolvedSchedulerOptions;

  constructor(context: { kv: KvCache; roster: Roster; share: StepShare; counters: { preemptions: number }; plans: PlansInFlight; options: ResolvedSchedulerOptions }) {
    this.#kv = context.kv;
    this.#roster = context.roster;
    this.#share = context.share;
    this.#counters = context.counters;
    this.#plans = context.plans;
    this.#options = context.options;
  }

  /** Shares the budget among the running; each try that finds too few blocks preempts one request, so there are few. */
  planRunning(now: number): void {
    const { running } = this.#roster.residents;
    for (let needy = this.#share.plan(running); needy !== undefined; needy = this.#share.plan(running)) {
      const victim = this.#options.preemption.victim(running) as Entry;
      if (victim === needy || this.#blocksReturn) this.#stall(needy, now);
      else this.#preempt(victim, now);
    }
  }

  /** Whether commits of the plans in flight make windows give back what is missing: preempting a request for it would be in vain. O(running). */
  get #blocksReturn(): boolean {
    if (!this.#kv.windowed || this.#plans.count === 0) return false;
    const { running, groupCount } = this.#roster.residents;
    let blocks = 0;
    for (const { sequence, computedTokenCount } of running) blocks += this.#kv.blocksToSlide(sequence!, computedTokenCount);
    return blocks >= groupCount;
  }

  /** The one in need would have to give its own blocks up: it waits for others' instead. */
  #stall(entry: Entry, now: number): void {
    const { groupCount } = this.#roster.residents;
    this.#share.stall(entry);
    entry.deferral = { reason: "stalled", missingBlocks: groupCount };
    this.#options.decisionLog?.note("defer", now, this.#plans.nextIndex, entry.label, groupCount, "stalled");
  }

  #preempt(entry: Entry, now: number): void {
    this.#options.decisionLog?.note("preempt", now, this.#plans.nextIndex, entry.label, entry.computedTokenCount);
    this.#counters.preemptions++;
    entry.preemptionCount++;
    this.#roster.requeue(entry, now);
    this.#roster.residents.compact();
    this.#share.preempted = true;
  }
}
