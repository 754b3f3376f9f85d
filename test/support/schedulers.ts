import type { RequestInput } from "../../src/request.ts";
import type { SchedulerOptions } from "../../src/scheduler/options.ts";
import { Scheduler } from "../../src/scheduler/scheduler.ts";
import type { StepPlan } from "../../src/step.ts";

const SIZES = { blockCount: 20, blockSize: 4, maxRequests: 4, tokenBudget: 16, contextLength: 60 };

/** `count` ids that no other prompt has. */
export function ids(count: number, from = 0): number[] {
  return Array.from({ length: count }, (_, i) => 1000 * from + i);
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
