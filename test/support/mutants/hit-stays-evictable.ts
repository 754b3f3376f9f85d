import { PagedAllocator } from "../paged-allocator.ts";
import type { Mutant } from "./mutant.ts";

class HitStaysEvictable extends PagedAllocator {
  override share(block: number): void {
    this.references[block]++;
  }
}

export const hitStaysEvictable: Mutant = {
  bug: "a cached block that was hit can still be evicted",
  make: (sizes) => new HitStaysEvictable(sizes),
};
