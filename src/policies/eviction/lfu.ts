import { assert } from "../../assert.ts";
import type { CachedBlocks, EvictionPolicy, EvictionStorage } from "../../blocks/eviction.ts";
import { LeafQueue } from "./leaf-queue.ts";

/**
 * Least frequently used: gives up the leaf that was matched the fewest times since it was computed, of equal ones the
 * least recently used. O(log n).
 *
 * Keeps what many share through a flood of prompts that come once. What was popular once stays long: nothing ages;
 * `costAware` does.
 */
export function lfu(): EvictionPolicy {
  let queue: LeafQueue | undefined;
  let attached: EvictionStorage | undefined;
  let hits = new Uint32Array(0);
  return {
    name: "lfu",
    attach(storage: EvictionStorage, blocks: CachedBlocks): void {
      assert(attached === undefined || attached === storage, "an eviction policy serves one cache");
      attached = storage;
      queue = new LeafQueue(storage.blockCount, blocks);
      hits = new Uint32Array(storage.blockCount + 1);
    },
    add: (block) => queue!.add(block, hits[block]),
    remove: (block) => queue!.remove(block),
    hit: (block) => void hits[block]++,
    becameLeaf: (block) => queue!.becameLeaf(block),
    dropped(block) {
      hits[block] = 0;
    },
    victim: () => queue!.least,
  };
}
