import { PagedAllocator, type Sequence } from "../paged-allocator.ts";
import type { Mutant } from "./mutant.ts";

class WindowSlidesEarly extends PagedAllocator {
  override compute(sequence: Sequence, from: number): void {
    super.compute(sequence, from);
    this.slide(sequence, sequence.tokens.length);
  }
}

export const windowSlidesEarly: Mutant = {
  bug: "a window gives its blocks back before the step that reads them has run",
  make: (sizes) => new WindowSlidesEarly(sizes),
};
