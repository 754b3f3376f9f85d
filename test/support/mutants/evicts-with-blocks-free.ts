import { PagedAllocator } from "../paged-allocator.ts";
import type { Mutant } from "./mutant.ts";

class EvictsWithBlocksFree extends PagedAllocator {
  override acquire(): number {
    if (this.cached.size > 0) this.evict();
    return super.acquire();
  }
}

export const evictsWithBlocksFree: Mutant = {
  bug: "a cached block is given up although there are free ones",
  make: (sizes) => new EvictsWithBlocksFree(sizes),
};
