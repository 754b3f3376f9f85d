import { PagedAllocator } from "../paged-allocator.ts";
import type { Mutant } from "./mutant.ts";

class RolledBackBlockFound extends PagedAllocator {
  override rollback(): void {
    this.onTheirWay.at(-1)!.keyed.length = 0;
    super.rollback();
  }
}

export const rolledBackBlockFound: Mutant = {
  bug: "a block of a failed step can still be found",
  like: "TensorRT-LLM PR 15018",
  make: (sizes) => new RolledBackBlockFound(sizes),
};
