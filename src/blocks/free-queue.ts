/** `next` and `prev` of every block, shared by queues that are never in the same block's way: a block is in at most one. */
export interface BlockLinks {
  readonly next: Int32Array;
  readonly prev: Int32Array;
}

/** Queues that one set of links has sentinels for: the free one and the cached one. */
const QUEUES = 2;

/** Links for ids 0..blockCount, and for the sentinels behind them. 8 bytes a block. */
export function createBlockLinks(blockCount: number): BlockLinks {
  const length = blockCount + 1 + QUEUES;
  return { next: new Int32Array(length), prev: new Int32Array(length) };
}

/**
 * Doubly linked queue of block ids inside shared links. Every operation is O(1), taking a block out of the middle
 * included: a cache hit does that.
 *
 * Law: walking `next` from the sentinel meets `size` blocks and comes back; `prev` is its inverse.
 */
export class FreeQueue {
  readonly #next: Int32Array;
  readonly #prev: Int32Array;
  readonly #sentinel: number;
  #size = 0;

  /** `queue` is this queue's number among those that share the links, 0 or 1. */
  constructor(links: BlockLinks, queue: 0 | 1) {
    this.#next = links.next;
    this.#prev = links.prev;
    this.#sentinel = links.next.length - QUEUES + queue;
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

  /** Takes the first block off; only where `size > 0`. */
  shift(): number {
    const block = this.first;
    this.remove(block);
    return block;
  }

  pushBack(block: number): void {
    this.#link(this.#prev[this.#sentinel], block, this.#sentinel);
  }

  pushFront(block: number): void {
    this.#link(this.#sentinel, block, this.#next[this.#sentinel]);
  }

  remove(block: number): void {
    const next = this.#next[block];
    const prev = this.#prev[block];
    this.#next[prev] = next;
    this.#prev[next] = prev;
    this.#size--;
  }

  /** The blocks in order, first to be reused first. O(size), for inspection. */
  *[Symbol.iterator](): IterableIterator<number> {
    for (let block = this.first; block !== this.#sentinel; block = this.#next[block]) yield block;
  }

  #link(before: number, block: number, after: number): void {
    this.#next[before] = block;
    this.#prev[block] = before;
    this.#next[block] = after;
    this.#prev[after] = block;
    this.#size++;
  }
}
