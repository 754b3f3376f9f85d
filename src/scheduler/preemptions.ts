import { blocksOfItsOwn } from "../blocks/block-needs.ts";
import type { KvCache } from "../blocks/kv-cache.ts";
import { blocksToSlide } from "../blocks/sliding.ts";
import type { Admissions } from "./admissions.ts";
import type { Deferral, Entry } from "./entry.ts";
import type { ResolvedSchedulerOptions } from "./options.ts";
import type { PlansInFlight } from "./plans-in-flight.ts";
import type { Roster } from "./roster.ts";
import type { StepRecord } from "./step-record.ts";
import type { StepShare } from "./step-share.ts";
import type { Urgency } from "./urgency.ts";

/** Gives the running requests their tokens where blocks are short: some go without, or make room for the others. */
export class Preemptions {
  readonly #kv: KvCache;
  readonly #roster: Roster;
  readonly #share: StepShare;
  readonly #counters: { preemptions: number };
  readonly #plans: PlansInFlight;
  readonly #options: ResolvedSchedulerOptions;
  readonly #urgency: Urgency;
  readonly #admissions: Admissions;

  constructor(context: { kv: KvCache; roster: Roster; share: StepShare; counters: { preemptions: number }; plans: PlansInFlight; options: ResolvedSchedulerOptions; urgency: Urgency; admissions: Admissions }) {
    this.#kv = context.kv;
    this.#roster = context.roster;
    this.#share = context.share;
    this.#counters = context.counters;
    this.#plans = context.plans;
    this.#options = context.options;
    this.#urgency = context.urgency;
    this.#admissions = context.admissions;
  }

  /** Shares the budget among the running; each try that finds too few blocks preempts one request, so there are few. */
  planRunning(now: number): void {
    const { running } = this.#roster.residents;
    for (let needy = this.#share.plan(running); needy !== undefined; needy = this.#share.plan(running)) {
      const victim = this.#urgency.victim(running);
      if (victim === needy || this.#blocksReturn) this.#stall(needy, now);
      else this.#preempt(victim, now);
    }
  }

  /**
   * Lets a waiting request in that outranks running ones: preempts of these what it lacks a slot, blocks or a place for, and keeps tokens of the
   * step for it. Nothing is preempted in vain: where all that it outranks have too little together, it waits.
   */
  makeWay(urgent: Entry, record: StepRecord, now: number): void {
    const { running } = this.#roster.residents;
    for (;;) {
      const deferral = this.#admissions.obstacle(urgent, record);
      if (deferral === null) break;
      const candidates = running.filter((entry) => this.#urgency.outranks(urgent, entry) && canHelp(entry, deferral, urgent));
      if (candidates.length === 0 || !this.#areEnough(candidates, deferral, urgent)) return;
      this.#preempt(this.#urgency.victim(candidates), now);
    }
    this.#share.keepFor(urgent, this.#admissions.blocksFor(urgent, record));
  }

  /** Whether all candidates together have what the request lacks. */
  #areEnough(candidates: readonly Entry[], deferral: Deferral, urgent: Entry): boolean {
    if (deferral.reason === "blocks") {
      let blocks = 0;
      for (const { sequence } of candidates) blocks += blocksOfItsOwn(sequence!, this.#kv.pool);
      return blocks >= deferral.missingBlocks;
    }
    if (deferral.reason !== "adapters") return true;
    const others = this.#roster.residents.running.filter((entry) => !candidates.includes(entry));
    return candidates.some(({ adapterId }) => others.every((entry) => entry.adapterId !== adapterId)) && urgent.adapterId !== 0;
  }

  /** Whether commits of the plans in flight make windows give back what is missing: preempting a request for it would be in vain. O(running). */
  get #blocksReturn(): boolean {
    if (!this.#kv.windowed || this.#plans.count === 0) return false;
    const { running, groupCount } = this.#roster.residents;
    let blocks = 0;
    for (const { sequence, computedTokenCount } of running) blocks += blocksToSlide(sequence!, computedTokenCount, this.#kv.groups, this.#kv.pool);
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

/** Whether the urgent request gains by what the running one has. */
function canHelp(running: Entry, { reason }: Deferral, urgent: Entry): boolean {
  if (reason === "adapters") return running.adapterId !== 0 && running.adapterId !== urgent.adapterId;
  return reason === "requests" || reason === "blocks";
}
