import type { Backend } from "../../backends/backend.ts";
import type { RequestId } from "../../request.ts";
import type { StepPlan } from "../../step.ts";

/**
 * The same backend; `onPlan` sees each plan just before it runs, when the scheduler's state is what the plan was made
 * from.
 */
export function watchBackend(backend: Backend, onPlan: (plan: StepPlan) => void): Backend {
  return {
    info: backend.info,
    lost: backend.lost,
    readBlocks: (blocks) => backend.readBlocks(blocks),
    writeBlocks: (blocks, data) => backend.writeBlocks(blocks, data),
    dispose: () => backend.dispose(),
    execute(plan) {
      onPlan(plan);
      return backend.execute(plan);
    },
  };
}

/** A request's part of a step. */
export interface Share {
  readonly id: RequestId;
  readonly tokens: number;
}

/** The requests of a scheduler's plan and their tokens, in the plan's order. */
export function sharesOf({ requests, requestCount, queryIndptr }: StepPlan): Share[] {
  return (requests ?? [])
    .slice(0, requestCount)
    .map(({ id }, row) => ({ id, tokens: queryIndptr[row + 1] - queryIndptr[row] }));
}
