import { PagedAllocator, type Sequence } from "../paged-allocator.ts";
import type { Mutant } from "./mutant.ts";

class TooFewAfterHit extends PagedAllocator {
  override extend(sequence: Sequence, from: number): void {
    const count = Math.floor(from / this.sizes.blockSize) + this.blocksFor(sequence.tokens.length - from);
    while (sequence.table.length < count) sequence.table.push(this.acquire());
  }
}

export const tooFewAfterHit: Mutant = {
  bug: "the blocks behind a hit are counted as if it ended with a block",
  like: "TensorRT-LLM PRs 12673 and 12769, xLLM PR 1898",
  make: (sizes) => new TooFewAfterHit(sizes),
};
