import type { Domain } from "../../../src/testing/index.ts";
import { PagedAllocator } from "../paged-allocator.ts";
import type { Mutant } from "./mutant.ts";

class ParentIgnored extends PagedAllocator {
  override keyText(tokens: readonly number[], domain: Domain): string {
    return JSON.stringify([domain.salt, domain.adapterId, tokens.length, tokens.slice(-this.sizes.blockSize)]);
  }
}

export const parentIgnored: Mutant = {
  bug: "a block is found by its own tokens, whatever comes before",
  make: (sizes) => new ParentIgnored(sizes),
};
