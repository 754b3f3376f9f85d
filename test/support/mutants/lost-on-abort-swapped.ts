import { PagedAllocator, type Sequence } from "../paged-allocator.ts";
import type { Mutant } from "./mutant.ts";

class LostOnAbortSwapped extends PagedAllocator {
  override drop(sequence: Sequence): void {
    if (sequence.host === null) super.drop(sequence);
  }
}

export const lostOnAbortSwapped: Mutant = {
  bug: "a sequence that is freed while it is swapped out keeps its host blocks",
  like: "TensorRT-LLM PR 15018",
  make: (sizes) => new LostOnAbortSwapped(sizes),
};
