import type { CachedBlocks } from "../../blocks/eviction.ts";
import { BlockHeap } from "./block-heap.ts";

/**
 * Cached blocks by a key, of equal ones the least recently used first; only leaves are named, so that children go
 * before parents. O(log n). Law: the heap holds exactly the added blocks that are leaves.
 */
export class LeafQueue {
  readonly #blocks: CachedBlocks;
  readonly #heap: BlockHeap;
  readonly #isIn: Uint8Array;
  /** Counts additions: when each block was last used. */
  #clock = 0;

  constructor(blockCount: number, blocks: CachedBlocks) {
    this.#blocks = blocks;
    this.#heap = new BlockHeap(blockCount);
    this.#isIn = new Uint8Array(blockCount + 1);
  }

  /** The block of least key. */
  get least(): number {
    return this.#heap.least;
  }

  keyOf(block: number): number {
    return this.#heap.firstKey(block);
  }

  has(block: number): boolean {
    return this.#isIn[block] === 1;
  }

  add(block: number, key: number): void {
    this.#isIn[block] = 1;
    this.#heap.setKeys(block, key, this.#clock++);
    if (this.#blocks.isLeaf(block)) this.#heap.push(block);
  }

  remove(block: number): void {
    this.#isIn[block] = 0;
    if (this.#heap.has(block)) this.#heap.remove(block);
  }

  becameLeaf(block: number): void {
    if (this.has(block) && !this.#heap.has(block)) this.#heap.push(block);
  }

  /** Another key for a block that is in; its use stays where it was. */
  setKey(block: number, key: number): void {
    this.#heap.setFirstKey(block, key);
  }
}
