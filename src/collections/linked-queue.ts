/**
 * Columns `next` and `prev` of a doubly linked list. Several structures may share them where a number is in one of them
 * at a time.
 */
export interface Links {
  readonly next: Int32Array;
  readonly prev: Int32Array;
}

/** Links for the numbers 0..count, and for the sentinel of one queue behind them. 8 bytes a number. */
export function createLinks(count: number): Links {
  return { next: new Int32Array(count + 2), prev: new Int32Array(count + 2) };
}

/**
 * Doubly linked queue of numbers; its sentinel is behind the last number. Every operation is O(1), `remove` from the
 * middle included.
 *
 * Law: walking `next` from the sentinel meets `size` numbers and comes back; `prev` is its inverse.
 */
export class LinkedQueue {
  /** Written here alone. */
  size = 0;
  readonly #next: Int32Array;
  readonly #prev: Int32Array;
  readonly #sentinel: number;

  /** An empty queue in the links. Links carry one queue. */
  constructor(links: Links) {
    this.#next = links.next;
    this.#prev = links.prev;
    this.#sentinel = links.next.length - 1;
    this.#next[this.#sentinel] = this.#sentinel;
    this.#prev[this.#sentinel] = this.#sentinel;
  }

  /** The number that has waited longest; only where `size > 0`. */
  get first(): number {
    return this.#next[this.#sentinel];
  }

  pushBack(number: number): void {
    const last = this.#prev[this.#sentinel];
    this.#next[last] = number;
    this.#prev[number] = last;
    this.#next[number] = this.#sentinel;
    this.#prev[this.#sentinel] = number;
    this.size++;
  }

  remove(number: number): void {
    const next = this.#next[number];
    const prev = this.#prev[number];
    this.#next[prev] = next;
    this.#prev[next] = prev;
    this.size--;
  }
}
