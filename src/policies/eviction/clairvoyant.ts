import { assert } from "../../assert.ts";
import type { CachedBlocks, EvictionPolicy, EvictionStorage } from "../../blocks/eviction.ts";

/**
 * Gives up the leaf that is needed again last: no policy has more hits. It needs the future, so it is a measure for the others in benches and
 * tests, no policy for use. Who needs a block needs those above it, so that some leaf is always among the last. O(cached). Source: Belady, 1966.
 *
 * `nextUse`: when what the block holds is needed next, `Infinity` for never.
 */
export function clairvoyant(nextUse: (block: number) => number): EvictionPolicy {
  const cached = new Set<number>();
  let leaves: CachedBlocks | undefined;
  return {
    name: "clairvoyant",
    attach(_storage: EvictionStorage, blocks: CachedBlocks): void {
      assert(leaves === undefined, "an eviction policy serves one cache");
      leaves = blocks;
    },
    add: (block) => void cached.add(block),
    remove: (block) => void cached.delete(block),
    victim() {
      let last = 0;
      let lastUse = Number.NEGATIVE_INFINITY;
      for (const block of cached) {
        const use = nextUse(block);
        if (use <= lastUse || !leaves!.isLeaf(block)) continue;
        last = block;
        lastUse = use;
      }
      return last;
    },
  };
}
