import { assert } from "../../assert.ts";
import type { CachedBlocks, EvictionPolicy, EvictionStorage } from "../../blocks/eviction.ts";
import { checkOptions } from "../../option-checks.ts";
import { LeafQueue } from "./leaf-queue.ts";

/**
 * Gives up the leaf that is needed again last: no policy has more hits. It needs the future, so it is a measure for the
 * others in benches and tests, no policy for use. A request that needs a block needs its ancestors, so some leaf is
 * always among the last. O(log n). Source: Belady, 1966.
 *
 * `nextUse`: when what the block holds is needed next, `Infinity` for never. Asked when its last holder lets go, and
 * true until it is held again.
 */
export function clairvoyant(nextUse: (block: number) => number): EvictionPolicy {
  checkOptions({ nextUse }, { nextUse: "function" });
  let queue: LeafQueue | undefined;
  let attached: EvictionStorage | undefined;
  return {
    name: "clairvoyant",
    attach(storage: EvictionStorage, blocks: CachedBlocks): void {
      assert(attached === undefined || attached === storage, "an eviction policy serves one cache");
      attached = storage;
      queue = new LeafQueue(storage.blockCount, blocks);
    },
    // A finite key for never: two infinite ones have no difference to compare by.
    add: (block) => queue!.add(block, -Math.min(nextUse(block), Number.MAX_VALUE)),
    remove: (block) => queue!.remove(block),
    becameLeaf: (block) => queue!.becameLeaf(block),
    victim: () => queue!.least,
  };
}
