import { PagedAllocator } from "../paged-allocator.ts";
import type { Mutant } from "./mutant.ts";

class ParentEvictedFirst extends PagedAllocator {
  override evict(): void {
    this.unkey([...this.cached].at(-1)!);
  }
}

export const parentEvictedFirst: Mutant = {
  bug: "a parent is evicted before its child",
  make: (sizes) => new ParentEvictedFirst(sizes),
};
