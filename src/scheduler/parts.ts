import { KvCache } from "../blocks/kv-cache.ts";
import { Admission } from "./admission.ts";
import { Allotment } from "./allotment.ts";
import { InFlight } from "./in-flight.ts";
import type { LaneRules } from "./lanes.ts";
import { Lifecycle } from "./lifecycle.ts";
import { Listeners } from "./listeners.ts";
import { checkedPolicies } from "./checked-policies.ts";
import type { ResolvedSchedulerOptions } from "./options.ts";
import { PlanColumns } from "./plan.ts";
import type { Sequence } from "./sequence.ts";
import { Slots } from "./slots.ts";
import { Suspects } from "./suspects.ts";
import { Urgency } from "./urgency.ts";

/** Events since the start. */
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

export function createParts(given: ResolvedSchedulerOptions): SchedulerParts {
  const listeners = new Listeners(given);
  const options = { ...given, ...checkedPolicies(given, listeners) };
  const { maxRequests, hostBlockCount, drafter } = options;
  const { maxTokens } = options.budget;
  const { blockCount, blockSize, groups, eviction, hash, worthSwapping } = options;
  const sizes = { blockCount, blockSize, groups, hostBlockCount, slotCount: maxRequests, maxTokens };
  const { keep: onError, onKvEvent: onEvent, note } = listeners;
  const onEvict = note && ((block: number) => note("evict", inFlight.openedAt, inFlight.nextIndex, null, block));
  const kv = new KvCache({ ...sizes, eviction, hash, worthSwapping, onEvent, onEvict, onError });
  const rules = { tables: kv.tables, drafts: drafter !== undefined };
  const slots = new Slots(maxRequests, kv, rules);
  const plan = new PlanColumns({ maxTokens, maxRequests, hostBlockCount }, kv);
  const inFlight = new InFlight(plan.columns, maxRequests);
  const urgency = new Urgency(options.preemption);
  const allotment = new Allotment({ kv, slots, options, urgency });
  const lifecycle = new Lifecycle({ kv, slots, plan, options, listeners });
  return {
    options,
    kv,
    rules,
    slots,
    plan,
    inFlight,
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
