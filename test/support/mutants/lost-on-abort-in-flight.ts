import { PagedAllocator, type Sequence } from "../paged-allocator.ts";
import type { Mutant } from "./mutant.ts";

class LostOnAbortInFlight extends PagedAllocator {
  override drop(sequence: Sequence): void {
    const inFlight = this.onTheirWay.some(({ rows }) => rows.some((row) => row.sequence === sequence));
    if (inFlight && sequence.host === null) this.releaseAll(sequence.table.slice(0, -1));
    else super.drop(sequence);
  }
}

export const lostOnAbortInFlight: Mutant = {
  bug: "a sequence that is freed while its step is on its way keeps its last block",
  like: "TensorRT-LLM PR 15018",
  make: (sizes) => new LostOnAbortInFlight(sizes),
};
