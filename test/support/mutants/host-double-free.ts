import type { PlanMoves } from "../../../src/testing/index.ts";
import { PagedAllocator, type Sequence } from "../paged-allocator.ts";
import type { Mutant } from "./mutant.ts";

class HostDoubleFree extends PagedAllocator {
  readonly #hosts = new Map<Sequence, readonly number[]>();

  override swapIn(number: number): PlanMoves | null {
    const sequence = this.sequences.get(number)!;
    const host = sequence.host!;
    const moves = super.swapIn(number);
    if (moves !== null) this.#hosts.set(sequence, host);
    return moves;
  }

  override drop(sequence: Sequence): void {
    super.drop(sequence);
    this.releaseHost(this.#hosts.get(sequence) ?? []);
  }
}

export const hostDoubleFree: Mutant = {
  bug: "host blocks are given back when a sequence is swapped in, and again when it is freed",
  like: "sglang-jax PR 982",
  make: (sizes) => new HostDoubleFree(sizes),
};
