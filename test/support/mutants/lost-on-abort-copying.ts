import { PagedAllocator } from "../paged-allocator.ts";
import type { Mutant } from "./mutant.ts";

class LostOnAbortCopying extends PagedAllocator {
  override commit(): void {
    const step = this.onTheirWay[0];
    const gone = step.copied.filter(({ sequence }) => !this.isHere(sequence));
    for (const { source } of gone) this.references[source]++;
    super.commit();
  }
}

export const lostOnAbortCopying: Mutant = {
  bug: "a sequence that is freed before its copy on write is done leaves the old block held",
  like: "TensorRT-LLM PR 15018",
  make: (sizes) => new LostOnAbortCopying(sizes),
};
