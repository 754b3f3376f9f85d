import { PagedAllocator } from "../paged-allocator.ts";
import type { Mutant } from "./mutant.ts";

class StaleTable extends PagedAllocator {
  readonly #seen = new Map<number, readonly number[]>();

  override table(number: number, group: number): readonly number[] {
    const now = super.table(number, group);
    const seen = this.#seen.get(number);
    if (seen?.length === now.length) return seen;
    this.#seen.set(number, [...now]);
    return now;
  }
}

export const staleTable: Mutant = {
  bug: "a number that is used again shows the table of before",
  make: (sizes) => new StaleTable(sizes),
};
