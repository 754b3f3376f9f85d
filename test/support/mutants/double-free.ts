import { NO_BLOCK, PagedAllocator, type Sequence } from "../paged-allocator.ts";
import type { Mutant } from "./mutant.ts";

class DoubleFree extends PagedAllocator {
  override drop(sequence: Sequence): void {
    super.drop(sequence);
    const last = sequence.table.at(-1);
    if (last !== undefined && last !== NO_BLOCK && this.references[last] === 0 && !this.keys.has(last)) {
      this.unused.push(last);
    }
  }
}

export const doubleFree: Mutant = {
  bug: "a freed sequence's last block goes to the free list twice",
  like: "sglang issue 6888, sglang-jax PR 982",
  make: (sizes) => new DoubleFree(sizes),
};
