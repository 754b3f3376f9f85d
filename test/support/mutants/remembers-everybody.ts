import { PagedAllocator, type Sequence } from "../paged-allocator.ts";
import type { Mutant } from "./mutant.ts";

class RemembersEverybody extends PagedAllocator {
  readonly #gone: Sequence[] = [];

  override drop(sequence: Sequence): void {
    super.drop(sequence);
    this.#gone.push(sequence);
  }

  override bytes(): number {
    return super.bytes() + this.#gone.length;
  }
}

export const remembersEverybody: Mutant = {
  bug: "something is kept of every sequence that there ever was",
  like: "transformers.js issues 1734 and 1741",
  make: (sizes) => new RemembersEverybody(sizes),
};
