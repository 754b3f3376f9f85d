import type { Allocation, Domain } from "../../../src/testing/index.ts";
import { PagedAllocator } from "../paged-allocator.ts";
import type { Mutant } from "./mutant.ts";

class ExhaustionFailsAnother extends PagedAllocator {
  override allocate(number: number, tokens: readonly number[], domain: Domain): Allocation | null {
    const allocation = super.allocate(number, tokens, domain);
    const victim = allocation === null ? [...this.sequences.values()].find(({ host }) => host === null) : undefined;
    if (victim !== undefined) {
      this.releaseAll(victim.table);
      victim.table = [];
    }
    return allocation;
  }
}

export const exhaustionFailsAnother: Mutant = {
  bug: "a request that finds no room takes the blocks of another",
  like: "llama.cpp issues 29090, 14097 and 23652",
  make: (sizes) => new ExhaustionFailsAnother(sizes),
};
