import { PagedAllocator, type Step } from "../paged-allocator.ts";
import type { Mutant } from "./mutant.ts";

class CopyKeptOnRollback extends PagedAllocator {
  override uncopy({ source }: Step["copied"][number]): void {
    this.release(source);
  }
}

export const copyKeptOnRollback: Mutant = {
  bug: "a sequence keeps the copy that a failed step never made",
  make: (sizes) => new CopyKeptOnRollback(sizes),
};
