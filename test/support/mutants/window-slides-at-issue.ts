import { PagedAllocator } from "../paged-allocator.ts";
import type { Mutant } from "./mutant.ts";

class WindowSlidesAtIssue extends PagedAllocator {
  override issue(): void {
    const { rows } = this.open;
    super.issue();
    for (const { sequence, to } of rows) this.slide(sequence, to);
  }
}

export const windowSlidesAtIssue: Mutant = {
  bug: "a window gives its blocks back while the step that reads them is on its way",
  make: (sizes) => new WindowSlidesAtIssue(sizes),
};
