import type { Links } from "../collections/linked-queue.ts";

/** Read-only facts about cached blocks, for eviction policies. */
export interface CachedBlocks {
  /** Whether no child of this block is resident: only such a block may be given up. */
  isLeaf(block: number): boolean;
  /** How many blocks stand above this one in its chain. O(depth). */
  depth(block: number): number;
}

/** What a policy may build its own columns on. */
export interface EvictionStorage {
  readonly blockCount: number;
  /**
   * Of cached blocks these links are the policy's, for a `LinkedQueue` of its own: elsewhere they hold the free blocks.
   */
  readonly links: Links;
}

/**
 * Chooses which cached block is evicted when no block is free.
 *
 * A block can be given up while it is *cached*: indexed, and not held. The cache tells the policy of every change; the
 * policy keeps its own columns, made in `attach`, and names children before parents.
 */
export interface EvictionPolicy {
  readonly name: string;
  /**
   * Called before anything else: a policy object serves one cache. Called again, with the same arguments, after a call
   * of the policy threw: it then begins anew, and all cached blocks are added once more.
   */
  attach(storage: EvictionStorage, blocks: CachedBlocks): void;
  /** The block's last holder let go; a chain's tail comes before its head. */
  add(block: number): void;
  /** The block is held again, or not cached any more. */
  remove(block: number): void;
  /** A request matched the block, and holds it by now. */
  hit?(block: number): void;
  /** A cached block lost its last resident child; may be told again of one that has none. */
  becameLeaf?(block: number): void;
  /** What the block holds can no longer be matched: what it holds next is something else. */
  dropped?(block: number): void;
  /**
   * What the block holds, held or cached, is to be kept at this priority (0..100, greater is kept longer) until a time.
   */
  retain?(block: number, priority: number, until: number): void;
  /** It is `now`; never goes back. */
  advance?(now: number): void;
  /** The next to give up: added, not removed, a leaf. Only called where there is one. */
  victim(): number;
}
