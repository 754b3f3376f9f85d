import { assert } from "../assert.ts";

/**
 * Binary heap that also knows where each item is: O(log n) to push, to take any of them out, and to move one whose key
 * changed. Law: no element compares less than its parent at (i - 1) >> 1, and `#at` gives each element's index.
 */
export class IndexedHeap<T extends { readonly id: string | number }> {
  readonly #compare: (a: T, b: T) => number;
  readonly #items: T[] = [];
  readonly #at = new Map<T, number>();

  /** `compare`: negative where `a` comes before `b`; may change for an item only right before `update` of it. */
  constructor(compare: (a: T, b: T) => number) {
    this.#compare = compare;
  }

  get size(): number {
    return this.#items.length;
  }

  get first(): T | undefined {
    return this.#items[0];
  }

  has(item: T): boolean {
    return this.#at.has(item);
  }

  push(item: T): void {
    assert(!this.#at.has(item), () => `item ${String(item.id)} is in the heap already`);
    this.#items.push(item);
    this.#up(this.#items.length - 1, item);
  }

  remove(item: T): void {
    const index = this.#indexOf(item);
    this.#at.delete(item);
    const last = this.#items.pop()!;
    if (last === item) return;
    this.#up(index, last);
    this.#down(this.#at.get(last)!, last);
  }

  /** The item compares differently from now on. */
  update(item: T): void {
    this.#up(this.#indexOf(item), item);
    this.#down(this.#at.get(item)!, item);
  }

  #indexOf(item: T): number {
    const index = this.#at.get(item);
    assert(index !== undefined, () => `item ${String(item.id)} is not in the heap`);
    return index;
  }

  #up(from: number, item: T): void {
    let index = from;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (this.#compare(item, this.#items[parent]) >= 0) break;
      this.#put(index, this.#items[parent]);
      index = parent;
    }
    this.#put(index, item);
  }

  #down(from: number, item: T): void {
    let index = from;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= this.#items.length) break;
      if (child + 1 < this.#items.length && this.#compare(this.#items[child + 1], this.#items[child]) < 0) child++;
      if (this.#compare(item, this.#items[child]) <= 0) break;
      this.#put(index, this.#items[child]);
      index = child;
    }
    this.#put(index, item);
  }

  #put(index: number, item: T): void {
    this.#items[index] = item;
    this.#at.set(item, index);
  }
}
