import type { Backend } from "../../backends/backend.ts";
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
export interface Share<Owner> {
  readonly owner: Owner;
  readonly tokens: number;
}

/**
 * Who has how many of the plan's tokens, in the plan's order. A plan names slots and blocks, not requests; the block that a
 * request writes to is nobody else's, so its owner in `owners`, by block id, is the request.
 */
export function sharesOf<Owner>(plan: StepPlan, owners: readonly (Owner | "cached" | null)[]): Share<Owner>[] {
  const { blockIndptr, blockIndices } = plan.groups[0];
  const shares: Share<Owner>[] = [];
  for (let row = 0; row < plan.requestCount; row++) {
    const owner = owners[blockIndices[blockIndptr[row + 1] - 1]];
    if (owner === null || owner === "cached") continue;
    shares.push({ owner, tokens: plan.queryIndptr[row + 1] - plan.queryIndptr[row] });
  }
  return shares;
}
