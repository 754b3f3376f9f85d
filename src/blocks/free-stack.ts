import { NULL_BLOCK } from "../config.ts";
import type { BlockLinks } from "./block-links.ts";

/**
 * The blocks that are nobody's: the one that came back last goes first, while it may still be in a cache. Linked through
 * `next` alone, which such a block needs for nothing else. O(1) each: acquire and release took 20 ns with a doubly linked
 * queue, and take 14 (bench/blocks/block-pool.bench.ts).
 *
 * Law: walking `next` from the top meets `size` blocks and ends at `NULL_BLOCK`.
 */
export class FreeStack {
  readonly #next: Int32Array;
  #top = NULL_BLOCK;
  #size = 0;

  /** Blocks 1..blockCount, the first on top. */
  constructor(links: BlockLinks, blockCount: number) {
    this.#next = links.next;
    for (let block = blockCount; block >= 1; block--) this.push(block);
  }

  get size(): number {
    return this.#size;
  }

  push(block: number): void {
    this.#next[block] = this.#top;
    this.#top = block;
    this.#size++;
  }

  /** Takes the top off; only where `size > 0`. */
  pop(): number {
    const block = this.#top;
    this.#top = this.#next[block];
    this.#size--;
    return block;
  }

  /** The blocks, top first. O(size). */
  *[Symbol.iterator](): IterableIterator<number> {
    for (let block = this.#top; block !== NULL_BLOCK; block = this.#next[block]) yield block;
  }
}
