import { PagedAllocator, type Sequence } from "../paged-allocator.ts";
import type { Mutant } from "./mutant.ts";

class LeakOnRollback extends PagedAllocator {
  override truncate(sequence: Sequence, tokenCount: number): void {
    sequence.tokens.length = tokenCount;
    sequence.table.length = Math.min(sequence.table.length, this.blocksFor(tokenCount));
  }
}

export const leakOnRollback: Mutant = {
  bug: "the blocks of a failed step's tokens are taken out of the table and not given back",
  make: (sizes) => new LeakOnRollback(sizes),
};
