import { PagedAllocator, type Match } from "../paged-allocator.ts";
import type { Mutant } from "./mutant.ts";

class PartialOffByOne extends PagedAllocator {
  override matchedTokens(match: Match): number {
    return super.matchedTokens(match) + (match.partial === null ? 0 : 1);
  }
}

export const partialOffByOne: Mutant = {
  bug: "a partial match counts one token too many",
  like: "TGI PR 3067",
  make: (sizes) => new PartialOffByOne(sizes),
};
