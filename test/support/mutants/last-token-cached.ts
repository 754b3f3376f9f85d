import { PagedAllocator } from "../paged-allocator.ts";
import type { Mutant } from "./mutant.ts";

class LastTokenCached extends PagedAllocator {
  override mostCached(tokens: readonly number[]): number {
    return tokens.length;
  }
}

export const lastTokenCached: Mutant = {
  bug: "the last token may come from the cache",
  make: (sizes) => new LastTokenCached(sizes),
};
