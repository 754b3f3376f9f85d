import type { BlockLinks } from "./block-links.ts";

/**
 * Doubly linked queue of block ids; its sentinel is behind the last id. Every operation is O(1), taking a block out of
 * the middle included: a cache hit does that.
 *
 * Law: walking `next` from the sentinel meets `size` blocks and comes back; `prev` is its inverse.
 */
export class BlockQueue {
  readonly #next: Int32Array;
  readonly #prev: Int32Array;
  readonly #sentinel: number;
  #size = 0;

  /** A queue in the links, the only one. */
  constructor(links: BlockLinks) {
    this.#next = links.next;
    this.#prev = links.prev;
    this.#sentinel = links.next.length - 1;
    this.#next[this.#sentinel] = this.#sentinel;
    this.#prev[this.#sentinel] = this.#sentinel;
  }

  get size(): number {
    return this.#size;
  }

  /** The block that has waited longest; only where `size > 0`. */
  get first(): number {
    return this.#next[this.#sentinel];
  }

  pushBack(block: number): void {
    const last = this.#prev[this.#sentinel];
    this.#next[last] = block;
    this.#prev[block] = last;
    this.#next[block] = this.#sentinel;
    this.#prev[this.#sentinel] = block;
    this.#size++;
  }

  remove(block: number): void {
    const next = this.#next[block];
    const prev = this.#prev[block];
    this.#next[prev] = next;
    this.#prev[next] = prev;
    this.#size--;
  }
}
