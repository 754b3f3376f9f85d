import type { Sequence } from "../../src/scheduler/sequence.ts";
import { Scheduler } from "../../src/scheduler/scheduler.ts";
import type { StepPlan } from "../../src/step.ts";
import { DrivenRequest } from "../../src/testing/driven-request.ts";

/** Two requests and the plan that a scheduler makes for them: 5 and 3 prompt tokens, blocks of 2. */
export function plannedRequests() {
  const scheduler = new Scheduler({ blockCount: 20, blockSize: 2, maxRequests: 4, tokenBudget: 16 });
  const requests = [5, 3].map((length, id) => {
    const input = {
      id,
      promptTokenIds: Array.from({ length }, (_, i) => 10 * id + i),
      maxTokens: 4,
      sampling: { temperature: 0.5, seed: 2 ** 33 + 5 },
    };
    return new DrivenRequest(input, scheduler.submit(input, 0) as Sequence, null);
  });
  return {
    scheduler,
    requests,
    plan: scheduler.schedule(0)!,
    limits: { tokenBudget: 16, maxRequests: 4, blockCount: 20, blockSize: 2 },
  };
}

/** The plan with something else in it. */
export function changed(plan: StepPlan, changes: Partial<StepPlan>): StepPlan {
  const counts = [
    "index",
    "tokenCount",
    "requestCount",
    "sampleCount",
    "copyCount",
    "swapOutCount",
    "swapInCount",
  ] as const;
  return { ...plan, ...Object.fromEntries(counts.map((name) => [name, plan[name]])), ...changes };
}

/** A copy of the column with one number replaced. */
export function replaced(column: Int32Array, index: number, value: number): Int32Array {
  return column.map((each, i) => (i === index ? value : each));
}
