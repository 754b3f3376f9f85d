import { NO_BLOCK, PagedAllocator, type Sequence } from "../paged-allocator.ts";
import type { Mutant } from "./mutant.ts";

class WindowFreedCached extends PagedAllocator {
  override leaveWindow(sequence: Sequence, index: number): void {
    const block = sequence.table[index];
    sequence.table[index] = NO_BLOCK;
    if (--this.references[block] === 0) this.unused.push(block);
  }
}

export const windowFreedCached: Mutant = {
  bug: "a block that left the window is free, and can still be found",
  like: "sglang PR 31486",
  make: (sizes) => new WindowFreedCached(sizes),
};
