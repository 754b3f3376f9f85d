import type { Domain } from "../../../src/testing/index.ts";
import { PagedAllocator, type Match } from "../paged-allocator.ts";
import type { Mutant } from "./mutant.ts";

class FirstPartialMatch extends PagedAllocator {
  override partial(tokens: readonly number[], count: number, domain: Domain): Match["partial"] {
    const best = super.partial(tokens, count, domain);
    return best === null ? null : { ...best, length: 1 };
  }
}

export const firstPartialMatch: Mutant = {
  bug: "the first block that begins alike is taken, not the one that begins most alike",
  like: "TGI PR 3067",
  make: (sizes) => new FirstPartialMatch(sizes),
};
