import { InvalidOptionError } from "../errors.ts";
import type { EvictionPolicy } from "../blocks/eviction.ts";
import type { Gpu } from "../roofline/gpu.ts";
import type { AdmissionPolicy } from "./admission/admission-policy.ts";
import { estimated } from "./admission/estimated.ts";
import { maxUtilization } from "./admission/max-utilization.ts";
import { noEvict } from "./admission/no-evict.ts";
import { pastFuture } from "./admission/past-future.ts";
import { reserveContext } from "./admission/reserve-context.ts";
import { watermark } from "./admission/watermark.ts";
import type { BudgetPolicy } from "./budget/budget-policy.ts";
import { fixed } from "./budget/fixed.ts";
import { measured } from "./budget/measured.ts";
import { rooflineBudget } from "./budget/roofline-budget.ts";
import { costAware } from "./eviction/cost-aware.ts";
import { lfu } from "./eviction/lfu.ts";
import { lru } from "./eviction/lru.ts";
import { priority as retentionPriority } from "./eviction/priority.ts";
import { fewestComputed } from "./preemption/fewest-computed.ts";
import { lastIn } from "./preemption/last-in.ts";
import { lowestPriority } from "./preemption/lowest-priority.ts";
import type { PreemptionPolicy } from "./preemption/preemption-policy.ts";
import { dlpm } from "./queue/dlpm.ts";
import { edf } from "./queue/edf.ts";
import { fcfs } from "./queue/fcfs.ts";
import { hrrn } from "./queue/hrrn.ts";
import { lpm } from "./queue/lpm.ts";
import { mlfq } from "./queue/mlfq.ts";
import { priority } from "./queue/priority.ts";
import type { QueuePolicy } from "./queue/queue-policy.ts";
import { sjf } from "./queue/sjf.ts";
import { vtc } from "./queue/vtc.ts";
import { unknownName } from "../unknown-name.ts";

/** What a budget needs to know besides its name. */
export interface BudgetSetup {
  /** Tokens of a `fixed` budget, and most of any. */
  readonly tokens: number;
  /** Whose B* `roofline` takes. */
  readonly gpu?: Gpu;
  readonly weightBits?: number;
  /** Longest step that `measured` wants, in the units of `now`. */
  readonly target?: number;
  /** Least that `measured` gives once it knows B*, such as the decodes that are to have a token in every step. */
  readonly minTokens?: number;
}

/** By the names that commands and the simulator take: each call makes a policy for one scheduler, with its defaults. */
export const QUEUES: Readonly<Record<string, () => QueuePolicy>> = {
  fcfs,
  priority,
  sjf: () => sjf(),
  lpm: () => lpm(),
  hrrn,
  edf,
  vtc: () => vtc(),
  dlpm: () => dlpm(),
  mlfq: () => mlfq(),
};

export const ADMISSIONS: Readonly<Record<string, () => AdmissionPolicy>> = {
  watermark: () => watermark(),
  "no-evict": noEvict,
  "reserve-context": reserveContext,
  "max-utilization": maxUtilization,
  estimated: () => estimated(),
  "past-future": () => pastFuture(),
};

export const PREEMPTIONS: Readonly<Record<string, () => PreemptionPolicy>> = {
  "last-in": lastIn,
  "lowest-priority": () => lowestPriority(),
  "fewest-computed": fewestComputed,
};

export const EVICTIONS: Readonly<Record<string, () => EvictionPolicy>> = {
  lru,
  lfu,
  priority: () => retentionPriority(),
  "cost-aware": () => costAware(),
};

export const BUDGETS: Readonly<Record<string, (setup: BudgetSetup) => BudgetPolicy>> = {
  fixed: ({ tokens }) => fixed(tokens),
  roofline({ tokens, gpu, weightBits }) {
    if (gpu === undefined) throw new InvalidOptionError("budget roofline needs a GPU, by name or as figures");
    return rooflineBudget({ gpu, weightBits, maxTokens: tokens });
  },
  measured: ({ tokens, target, minTokens }) => measured({ maxTokens: tokens, target, minTokens }),
};

/** Throws `InvalidOptionError` that lists the names that there are. */
export function queueNamed(name: string): QueuePolicy {
  return entry("queue", QUEUES, name)();
}

export function admissionNamed(name: string): AdmissionPolicy {
  return entry("admission", ADMISSIONS, name)();
}

export function preemptionNamed(name: string): PreemptionPolicy {
  return entry("preemption", PREEMPTIONS, name)();
}

export function evictionNamed(name: string): EvictionPolicy {
  return entry("eviction", EVICTIONS, name)();
}

export function budgetNamed(name: string, setup: BudgetSetup): BudgetPolicy {
  return entry("budget", BUDGETS, name)(setup);
}

function entry<T>(option: string, known: Readonly<Record<string, T>>, name: string): T {
  if (Object.hasOwn(known, name)) return known[name];
  throw unknownName(option, name, Object.keys(known));
}
