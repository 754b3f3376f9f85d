import { KvCache } from "../blocks/kv-cache.ts";
import { Admission } from "./admission.ts";
import { Allotment } from "./allotment.ts";
import { InFlight } from "./in-flight.ts";
import type { LaneRules } from "./lanes.ts";
import { Lifecycle } from "./lifecycle.ts";
import { Listeners } from "./listeners.ts";
import type { ResolvedSchedulerOptions } from "./options.ts";
import { PlanColumns } from "./plan.ts";
import type { Sequence } from "./sequence.ts";
import { Slots } from "./slots.ts";
import { Suspects } from "./suspects.ts";
import { Urgency } from "./urgency.ts";

/** What happened since the start. */
export interface Counters {
  submitted: number;
  steps: number;
  rollbacks: number;
  scheduledTokens: number;
  cachedTokens: number;
  lookedUpTokens: number;
}

/** What a scheduler consists of. Functions of the room take what they need of it. */
export interface SchedulerParts {
  readonly options: ResolvedSchedulerOptions;
  readonly kv: KvCache;
  readonly rules: LaneRules;
  readonly slots: Slots;
  readonly plan: PlanColumns;
  readonly inFlight: InFlight;
  readonly lifecycle: Lifecycle;
  readonly allotment: Allotment;
  readonly admission: Admission;
  readonly urgency: Urgency;
  readonly listeners: Listeners;
  readonly suspects: Suspects;
  /** Requests of the lane `host` that the step under construction samples. */
  readonly hosts: Sequence[];
  readonly counters: Counters;
}

/** Makes the parts; `onEvict` is told of each cached block that is given up for a new holder. */
export function createParts(
  given: ResolvedSchedulerOptions,
  onEvict: ((block: number) => void) | undefined,
): SchedulerParts {
  const listeners = new Listeners();
  const options = { ...given, onEnd: listeners.guard(given.onEnd), onKvEvent: listeners.guard(given.onKvEvent) };
  const { maxRequests, budget, hostBlockCount, drafter } = options;
  const { maxTokens } = budget;
  const kv = new KvCache({ ...options, slotCount: maxRequests, maxTokens, onEvent: options.onKvEvent, onEvict });
  const rules = { tables: kv.tables, drafts: drafter !== undefined };
  const slots = new Slots(maxRequests, kv, rules);
  const plan = new PlanColumns({ maxTokens, maxRequests, hostBlockCount }, kv);
  const urgency = new Urgency(options.preemption);
  const allotment = new Allotment({ kv, slots, rules, options, urgency });
  const lifecycle = new Lifecycle({ kv, slots, plan, options });
  return {
    options,
    kv,
    rules,
    slots,
    plan,
    inFlight: new InFlight(plan.columns, maxRequests),
    lifecycle,
    allotment,
    admission: new Admission({ kv, slots, allotment, options, waiting: lifecycle.waiting }),
    urgency,
    listeners,
    suspects: new Suspects(options.maxFailures),
    hosts: [],
    counters: { submitted: 0, steps: 0, rollbacks: 0, scheduledTokens: 0, cachedTokens: 0, lookedUpTokens: 0 },
  };
}
