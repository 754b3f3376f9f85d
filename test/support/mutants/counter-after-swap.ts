import type { BlockCounts, PlanMoves } from "../../../src/testing/index.ts";
import { PagedAllocator } from "../paged-allocator.ts";
import type { Mutant } from "./mutant.ts";

class CounterAfterSwap extends PagedAllocator {
  #claimed = 0;

  override swapIn(number: number): PlanMoves | null {
    const moves = super.swapIn(number);
    if (moves !== null) this.#claimed++;
    return moves;
  }

  override stats(): BlockCounts {
    const { free, cached, held } = super.stats();
    return { free: free - this.#claimed, cached, held };
  }
}

export const counterAfterSwap: Mutant = {
  bug: "the counter of free blocks is not restored after a swap",
  like: "TensorRT-LLM PR 12834",
  make: (sizes) => new CounterAfterSwap(sizes),
};
