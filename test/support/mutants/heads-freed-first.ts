import { PagedAllocator } from "../paged-allocator.ts";
import type { Mutant } from "./mutant.ts";

class HeadsFreedFirst extends PagedAllocator {
  override releaseAll(table: readonly number[]): void {
    super.releaseAll(table.toReversed());
  }
}

export const headsFreedFirst: Mutant = {
  bug: "a freed chain's head is evicted before its tail",
  make: (sizes) => new HeadsFreedFirst(sizes),
};
