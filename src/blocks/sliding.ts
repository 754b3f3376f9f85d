import type { BlockPool } from "./block-pool.ts";
import type { Sequence } from "./block-table.ts";
import type { PrefixCache } from "./prefix-cache.ts";

type Groups = readonly { readonly window: number | null }[];

/** Gives back blocks that no later token sees: `computed` tokens are in the cache for good. */
export function slide(sequence: Sequence, computed: number, groups: Groups, prefixes: PrefixCache): void {
  for (let group = 0; group < groups.length; group++) {
    const table = sequence.tables[group];
    const end = firstNeeded(sequence, computed, groups[group].window);
    while (table.first < end) prefixes.release(table.shift());
  }
}

/** Blocks that `slide` would give back for others to take: those of this sequence alone. */
export function blocksToSlide(sequence: Sequence, computed: number, groups: Groups, pool: BlockPool): number {
  let blocks = 0;
  for (let group = 0; group < groups.length; group++) {
    const { ids, first } = sequence.tables[group];
    const end = firstNeeded(sequence, computed, groups[group].window);
    for (let index = first; index < end; index++) if (pool.referenceCount(ids[index]) === 1) blocks++;
  }
  return blocks;
}

/** The first block that a later token sees, or that has to stay for the prefix cache. */
function firstNeeded({ cacheable, indexedBlocks, blockSize }: Sequence, computed: number, window: number | null): number {
  if (window === null) return 0;
  const needed = Math.floor(Math.max(0, computed - window + 1) / blockSize);
  // The tail stays: its node must outlive it until the next block is indexed below. So does what is the tail again when plans in flight fail.
  return cacheable ? Math.min(needed, indexedBlocks - 1, Math.floor(computed / blockSize) - 1) : needed;
}
