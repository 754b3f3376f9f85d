import { PagedAllocator } from "../paged-allocator.ts";
import type { Mutant } from "./mutant.ts";

class TooManyAtBoundary extends PagedAllocator {
  override blocksFor(tokenCount: number): number {
    return Math.floor(tokenCount / this.sizes.blockSize) + 1;
  }
}

export const tooManyAtBoundary: Mutant = {
  bug: "a sequence that fills its last block gets one more",
  make: (sizes) => new TooManyAtBoundary(sizes),
};
