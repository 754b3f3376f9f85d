import type { BlockPair, PlanMoves } from "../../../src/testing/index.ts";
import { NO_BLOCK, PagedAllocator } from "../paged-allocator.ts";
import type { Mutant } from "./mutant.ts";

class SwapInBackwards extends PagedAllocator {
  override swapIn(number: number): PlanMoves | null {
    const moves = super.swapIn(number);
    if (moves === null) return null;
    const targets = moves.swapIns!.map(([, target]) => target).toReversed();
    return { swapIns: moves.swapIns!.map(([source], i): BlockPair => [source, targets[i]]) };
  }
}

class RefusedSwapInLeaks extends PagedAllocator {
  override swapIn(number: number): PlanMoves | null {
    const moves = super.swapIn(number);
    const host = this.sequences.get(number)!.host;
    if (moves === null && host !== null && host[0] !== NO_BLOCK) host.shift();
    return moves;
  }
}

export const swapMutants: readonly Mutant[] = [
  { bug: "a sequence's blocks are swapped in in the wrong order", make: (sizes) => new SwapInBackwards(sizes) },
  { bug: "a swap-in that is refused loses a host block", make: (sizes) => new RefusedSwapInLeaks(sizes) },
];
