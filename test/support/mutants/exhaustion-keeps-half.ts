import type { PlanMoves } from "../../../src/testing/index.ts";
import { PagedAllocator } from "../paged-allocator.ts";
import type { Mutant } from "./mutant.ts";

class ExhaustionKeepsHalf extends PagedAllocator {
  override append(number: number, tokens: readonly number[]): PlanMoves | null {
    const moves = super.append(number, tokens);
    if (moves === null && this.available > 0) this.sequences.get(number)!.table.push(this.acquire());
    return moves;
  }
}

export const exhaustionKeepsHalf: Mutant = {
  bug: "a request that finds no room keeps the blocks that it got so far",
  make: (sizes) => new ExhaustionKeepsHalf(sizes),
};
