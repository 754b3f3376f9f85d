import { NO_BLOCK, PagedAllocator, type Sequence } from "../paged-allocator.ts";
import type { Mutant } from "./mutant.ts";

class LostOnAbortForked extends PagedAllocator {
  override drop(sequence: Sequence): void {
    if (sequence.host !== null) super.drop(sequence);
    else {
      this.releaseAll(
        sequence.table.filter((block) => block === NO_BLOCK || this.references[block] === 1 || this.keys.has(block)),
      );
    }
  }
}

export const lostOnAbortForked: Mutant = {
  bug: "a freed sibling keeps the references to the blocks that it shares",
  like: "TensorRT-LLM PR 15018",
  make: (sizes) => new LostOnAbortForked(sizes),
};
