import { PagedAllocator } from "../paged-allocator.ts";
import type { Mutant } from "./mutant.ts";

class CopiesWhatIsComputed extends PagedAllocator {
  override isCopyable(): boolean {
    return true;
  }
}

export const copiesWhatIsComputed: Mutant = {
  bug: "a step copies a block that it computes itself",
  make: (sizes) => new CopiesWhatIsComputed(sizes),
};
