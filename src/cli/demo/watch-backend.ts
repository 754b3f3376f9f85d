import type { Backend } from "../../backends/backend.ts";
import type { RequestId } from "../../request.ts";
import type { BlockOwner } from "../../scheduler/block-owners.ts";
import type { StepPlan } from "../../step.ts";

/** The same backend; `onPlan` sees each plan just before it runs, when the scheduler's state is what the plan was made from. */
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

/**
 * Who has how many of the plan's tokens, in the plan's order. A plan names slots and blocks, not requests; the block that a
 * request writes to is nobody else's, so its holder in `owners`, by block id - 1, is the request.
 */
export function sharesOf(plan: StepPlan, owners: readonly BlockOwner[]): Share[] {
  const { blockIndptr, blockIndices } = plan.groups[0];
  const shares: Share[] = [];
  for (let row = 0; row < plan.requestCount; row++) {
    const id = owners[blockIndices[blockIndptr[row + 1] - 1] - 1].request;
    if (id !== null) shares.push({ id, tokens: plan.queryIndptr[row + 1] - plan.queryIndptr[row] });
  }
  return shares;
}
