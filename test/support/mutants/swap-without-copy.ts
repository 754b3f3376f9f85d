import type { PlanMoves } from "../../../src/testing/index.ts";
import { PagedAllocator } from "../paged-allocator.ts";
import type { Mutant } from "./mutant.ts";

class SwapWithoutCopy extends PagedAllocator {
  override swapOut(number: number): PlanMoves | null {
    return super.swapOut(number) === null ? null : {};
  }
}

export const swapWithoutCopy: Mutant = {
  bug: "the blocks of a sequence that is swapped out are given away before they are copied",
  make: (sizes) => new SwapWithoutCopy(sizes),
};
