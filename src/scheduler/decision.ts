import type { KvCache } from "../blocks/kv-cache.ts";
import { Admissions } from "./admissions.ts";
import type { Entry } from "./entry.ts";
import type { ResolvedSchedulerOptions } from "./options.ts";
import type { PlansInFlight } from "./plans-in-flight.ts";
import { Preemptions } from "./preemptions.ts";
import type { Roster } from "./roster.ts";
import { StepExtras } from "./step-extras.ts";
import type { StepRecord } from "./step-record.ts";
import type { StepShare } from "./step-share.ts";
import type { Suspects } from "./suspects.ts";
import { Urgency } from "./urgency.ts";

interface DecisionContext {
  readonly kv: KvCache;
  readonly roster: Roster;
  readonly share: StepShare;
  readonly counters: { cachedTokens: number; lookedUpTokens: number; preemptions: number };
  readonly plans: PlansInFlight;
  readonly suspects: Suspects;
  readonly options: ResolvedSchedulerOptions;
}

/** Gives requests their tokens of the step under construction: running ones first, then waiting ones, then drafts and further choices. */
export class Decision {
  readonly #roster: Roster;
  readonly #share: StepShare;
  readonly #plans: PlansInFlight;
  readonly #suspects: Suspects;
  readonly #options: ResolvedSchedulerOptions;
  readonly #urgency: Urgency;
  readonly #extras: StepExtras;
  readonly #preemptions: Preemptions;
  readonly #admissions: Admissions;

  constructor(context: DecisionContext) {
    const { kv, roster, share, plans, suspects, options } = context;
    this.#roster = roster;
    this.#share = share;
    this.#plans = plans;
    this.#suspects = suspects;
    this.#options = options;
    this.#extras = new StepExtras(kv, roster.residents, options);
    this.#urgency = new Urgency(options.preemption);
    this.#admissions = new Admissions(context);
    this.#preemptions = new Preemptions({ ...context, urgency: this.#urgency, admissions: this.#admissions });
  }

  decide(record: StepRecord, now: number): void {
    const { residents } = this.#roster;
    if (!this.#planSuspect(record, now)) {
      const urgent = this.#urgency.hasRanks ? this.#urgentOf(record, now) : undefined;
      if (urgent === undefined && residents.isRoomy(this.#share.budget) && !this.#isContended) residents.issueAtOnce(this.#share, record);
      else {
        residents.leaveLanes();
        if (urgent !== undefined) this.#preemptions.makeWay(urgent, record, now);
        this.#preemptions.planRunning(now);
        residents.issueChunks(record.journal);
      }
      this.#options.admission.step?.(residents, !this.#share.mayAdmit);
      if (urgent !== undefined && this.#share.remaining > 0) urgent.deferral = this.#admissions.tryOne(urgent, record, now);
      if (this.#share.mayAdmit) this.#admissions.admit(record, now);
    }
    this.#extras.add(this.#share, record.journal);
  }

  /** The waiting request that comes next, where it outranks a running one. */
  #urgentOf(record: StepRecord, now: number): Entry | undefined {
    const { waiting, residents } = this.#roster;
    if (waiting.size === 0) return undefined;
    this.#admissions.open(record, now);
    if (waiting.readyCount === 0) return undefined;
    const next = waiting.next(now)!;
    return next.pendingCount === 0 && residents.running.some((entry) => this.#urgency.outranks(next, entry)) ? next : undefined;
  }

  /** Whether running requests of different ranks may want more tokens than the step has. */
  get #isContended(): boolean {
    const { running, prefillCount } = this.#roster.residents;
    return this.#urgency.hasRanks && (prefillCount > 0 || this.#share.budget < running.length) && this.#urgency.differs(running);
  }

  /** Where a request has failed too often in company: plans a step with it alone. False where there is none, or no room for it now. */
  #planSuspect(record: StepRecord, now: number): boolean {
    const suspect = this.#suspects.next();
    if (suspect === undefined || this.#plans.count > 0) return suspect !== undefined;
    const { residents } = this.#roster;
    residents.leaveLanes();
    this.#share.begin(this.#share.budget, suspect);
    if (this.#share.plan(residents.running) === undefined) {
      if (suspect.state === "running") residents.issueChunks(record.journal);
      else suspect.deferral = this.#admissions.tryOne(suspect, record, now);
    }
    if (this.#share.tokenCount > 0) return true;
    this.#share.begin(this.#share.budget);
    return false;
  }
}
