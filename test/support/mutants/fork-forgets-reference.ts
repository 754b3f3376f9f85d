import type { PlanMoves } from "../../../src/testing/index.ts";
import { NO_BLOCK, PagedAllocator } from "../paged-allocator.ts";
import type { Mutant } from "./mutant.ts";

class ForkForgetsReference extends PagedAllocator {
  override fork(number: number, child: number): PlanMoves {
    const moves = super.fork(number, child);
    const last = this.sequences.get(number)!.table.at(-1)!;
    if (last !== NO_BLOCK) this.references[last]--;
    return moves;
  }
}

export const forkForgetsReference: Mutant = {
  bug: "a fork does not count its reference to the last block",
  make: (sizes) => new ForkForgetsReference(sizes),
};
