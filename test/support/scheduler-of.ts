import type { RequestInput } from "../../src/request.ts";
import type { SchedulerOptions } from "../../src/scheduler/options.ts";
import { Scheduler } from "../../src/scheduler/scheduler.ts";
import { Sequence } from "../../src/scheduler/sequence.ts";
import type { StepPlan } from "../../src/step.ts";

const SIZES = { blockCount: 20, blockSize: 4, maxRequests: 4, tokenBudget: 16, contextLength: 60 };

/** `count` ids that no other prompt has. */
export function ids(count: number, from = 0): number[] {
  return Array.from({ length: count }, (_, i) => 1000 * from + i);
}

/** A request that no scheduler has. */
export function sequenceOf(order: number, input: Partial<RequestInput> = {}): Sequence {
  return new Sequence(
    { id: order, promptTokenIds: ids(6, order), maxTokens: 4, ...input },
    { contextLength: SIZES.contextLength, order, now: 0 },
  );
}

/** Tokens of each row of a plan. */
export function tokensOf(plan: StepPlan): number[] {
  return Array.from({ length: plan.requestCount }, (_, row) => plan.queryIndptr[row + 1] - plan.queryIndptr[row]);
}

/** Ids and tokens of a plan's rows. */
export function rowsOf(plan: StepPlan | null): unknown[] | null {
  return plan && tokensOf(plan).map((tokens, row) => [plan.requests![row].id, tokens]);
}

/** A scheduler, and a driver that answers every sample with this id. */
export function schedulerOf(options: Partial<SchedulerOptions> = {}, answer = 7) {
  const scheduler = new Scheduler({ ...SIZES, ...options });
  const submit = (id: number | string, input: Partial<RequestInput> = {}, now = 0): Sequence =>
    scheduler.submit(
      { id, promptTokenIds: ids(6, typeof id === "number" ? id : 99), maxTokens: 4, ...input },
      now,
    ) as Sequence;
  const commit = (plan: StepPlan, now = 0) =>
    scheduler.commit(plan, { tokenIds: new Int32Array(plan.sampleCount).fill(answer) }, now);
  /** One whole step: its tokens by row. */
  const step = (now = 0): number[] | null => {
    const plan = scheduler.schedule(now);
    if (plan === null) return null;
    const tokens = tokensOf(plan);
    commit(plan, now);
    return tokens;
  };
  /** Why a request waits. */
  const waitsFor = (id: number | string) => scheduler.explain(id)?.waitsFor;
  return { scheduler, submit, commit, step, waitsFor };
}
