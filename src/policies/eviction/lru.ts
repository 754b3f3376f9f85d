import { assert } from "../../assert.ts";
import { LinkedQueue } from "../../collections/linked-queue.ts";
import type { EvictionPolicy, EvictionStorage } from "../../blocks/eviction.ts";

/**
 * Least recently used: gives up the block whose last holder let go longest ago. O(1) each.
 *
 * A request lets go of a chain's tail before its head, and holding a block holds its ancestors: so a child is always in
 * front of its parent, and the first block is a leaf without looking. Source: vLLM's free queue.
 */
export function lru(): EvictionPolicy {
  let queue: LinkedQueue | undefined;
  let attached: EvictionStorage | undefined;
  return {
    name: "lru",
    attach(storage: EvictionStorage): void {
      assert(attached === undefined || attached === storage, "an eviction policy serves one cache");
      attached = storage;
      queue = new LinkedQueue(storage.links);
    },
    add: (block) => queue!.pushBack(block),
    remove: (block) => queue!.remove(block),
    victim: () => queue!.first,
  };
}
