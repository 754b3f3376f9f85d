import { KvCache } from "../../src/blocks/kv-cache.ts";
import { StepJournal } from "../../src/blocks/step-journal.ts";
import type { RequestInput } from "../../src/request.ts";
import { Admissions } from "../../src/scheduler/admissions.ts";
import { Entry } from "../../src/scheduler/entry.ts";
import { resolveOptions, type SchedulerOptions } from "../../src/scheduler/options.ts";
import { PlanBuilder } from "../../src/scheduler/plan-builder.ts";
import { PlansInFlight } from "../../src/scheduler/plans-in-flight.ts";
import { Residents } from "../../src/scheduler/residents.ts";
import { Roster } from "../../src/scheduler/roster.ts";
import { Scheduler } from "../../src/scheduler/scheduler.ts";
import { Settlement } from "../../src/scheduler/settlement.ts";
import { StepShare } from "../../src/scheduler/step-share.ts";
import { Suspects } from "../../src/scheduler/suspects.ts";
import type { StepPlan } from "../../src/step.ts";

const SIZES = { blockCount: 20, blockSize: 4, maxRequests: 4, tokenBudget: 16, contextLength: 60 };

/** `count` ids that no other prompt has. */
export function ids(count: number, from = 0): number[] {
  return Array.from({ length: count }, (_, i) => 1000 * from + i);
}

export function entryOf(order: number, input: Partial<RequestInput> = {}): Entry {
  return new Entry({ id: order, promptTokenIds: ids(6, order), maxTokens: 4, ...input }, { contextLength: SIZES.contextLength, order, now: 0 });
}

/** The rooms of a scheduler, put together as it does. */
export function schedulerParts(options: Partial<SchedulerOptions> = {}) {
  const resolved = resolveOptions({ ...SIZES, ...options });
  const { blockCount, hostBlockCount, blockSize, maxRequests, groups, budget } = resolved;
  const kv = new KvCache(resolved);
  const builder = new PlanBuilder(kv, { maxTokens: budget.maxTokens, maxRequests, blockCount, hostBlockCount, blockSize, groupCount: groups.length });
  const plans = new PlansInFlight(builder.columns, maxRequests);
  const residents = new Residents({ kv, builder, plans, limits: resolved });
  const roster = new Roster(kv, residents, resolved);
  const share = new StepShare(kv, resolved);
  const counters = { cachedTokens: 0, lookedUpTokens: 0 };
  const admissions = new Admissions({ kv, roster, share, counters, options: resolved });
  const suspects = new Suspects(resolved.maxFailures);
  const settlement = new Settlement({ kv, plans, roster, suspects, queue: resolved.queue, maxSamples: budget.maxTokens });
  /** A new waiting request. */
  const add = (order: number, input: Partial<RequestInput> = {}): Entry => {
    const entry = entryOf(order, input);
    roster.add(entry, [], 0);
    return entry;
  };
  /** Admits what fits into a step of its own, and issues it. */
  const step = (tokens = 16): StepPlan => {
    const record = plans.open();
    share.begin(tokens);
    share.plan(residents.running);
    for (const entry of residents.running) if (entry.chunk > 0) residents.issue(entry, record.journal);
    admissions.admit(record, 0);
    kv.seal(record.journal);
    builder.build(record);
    plans.issue();
    return record.plan;
  };
  return { resolved, kv, builder, residents, roster, share, admissions, counters, plans, suspects, settlement, journal: new StepJournal(), add, step };
}

/** A scheduler, and a driver that answers every sample with this id. */
export function schedulerOf(options: Partial<SchedulerOptions> = {}, answer = 7) {
  const scheduler = new Scheduler({ ...SIZES, ...options });
  const submit = (id: number | string, input: Partial<RequestInput> = {}, now = 0) => scheduler.submit({ id, promptTokenIds: ids(6, typeof id === "number" ? id : 99), maxTokens: 4, ...input }, now);
  const commit = (plan: StepPlan, now = 0) => scheduler.commit(plan, { tokenIds: new Int32Array(plan.sampleCount).fill(answer) }, now);
  /** One whole step: its tokens by request slot. */
  const step = (now = 0): number[] | null => {
    const plan = scheduler.schedule(now);
    if (plan === null) return null;
    const tokens = Array.from({ length: plan.requestCount }, (_, row) => plan.queryIndptr[row + 1] - plan.queryIndptr[row]);
    commit(plan, now);
    return tokens;
  };
  return { scheduler, submit, commit, step };
}
