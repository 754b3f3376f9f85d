import { PagedAllocator } from "../paged-allocator.ts";
import type { Mutant } from "./mutant.ts";

class SharedWrite extends PagedAllocator {
  override mustCopy(): boolean {
    return false;
  }
}

export const sharedWrite: Mutant = {
  bug: "a shared block is written without a copy",
  make: (sizes) => new SharedWrite(sizes),
};
