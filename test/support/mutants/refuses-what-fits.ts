import { PagedAllocator } from "../paged-allocator.ts";
import type { Mutant } from "./mutant.ts";

class RefusesWhatFits extends PagedAllocator {
  override get available(): number {
    return super.available - 1;
  }
}

export const refusesWhatFits: Mutant = {
  bug: "the last block is never given out",
  make: (sizes) => new RefusesWhatFits(sizes),
};
