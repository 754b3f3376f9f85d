import { PagedAllocator, type Match } from "../paged-allocator.ts";
import type { Mutant } from "./mutant.ts";

class CopySourceLetGo extends PagedAllocator {
  override holdSource(): void {
    // Nobody holds it.
  }

  override hasRoom(match: Match, tokenCount: number): boolean {
    return super.hasRoom({ ...match, partial: null }, tokenCount);
  }
}

export const copySourceLetGo: Mutant = {
  bug: "the source of a partial hit may be evicted to make room for its copy",
  make: (sizes) => new CopySourceLetGo(sizes),
};
