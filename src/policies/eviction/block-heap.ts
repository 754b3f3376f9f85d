import { assert } from "../../assert.ts";

/**
 * Binary heap of block ids by two keys, the least first. O(log n) to push, to take any block out and to change its
 * keys; 24 bytes a block. Law: no block's keys are below its parent's at (i - 1) >> 1; `#at[block]` is its index + 1, 0
 * where it is not in.
 */
export class BlockHeap {
  readonly #items: Int32Array;
  readonly #at: Int32Array;
  readonly #first: Float64Array;
  readonly #second: Float64Array;
  #size = 0;

  constructor(blockCount: number) {
    this.#items = new Int32Array(blockCount);
    this.#at = new Int32Array(blockCount + 1);
    this.#first = new Float64Array(blockCount + 1);
    this.#second = new Float64Array(blockCount + 1);
  }

  get size(): number {
    return this.#size;
  }

  /** Only where there is one. */
  get least(): number {
    assert(this.#size > 0, "the heap of blocks is empty");
    return this.#items[0];
  }

  has(block: number): boolean {
    return this.#at[block] !== 0;
  }

  /** The block's first key; of an absent block the last value. */
  firstKey(block: number): number {
    return this.#first[block];
  }

  /** Sets the keys of a block, in or not. */
  setKeys(block: number, first: number, second: number): void {
    this.#first[block] = first;
    this.#second[block] = second;
    if (this.#at[block] !== 0) this.#settle(this.#at[block] - 1, block);
  }

  setFirstKey(block: number, first: number): void {
    this.setKeys(block, first, this.#second[block]);
  }

  /** Puts a block in by its keys. */
  push(block: number): void {
    assert(this.#at[block] === 0, () => `block ${block} is in the heap already`);
    this.#settle(this.#size++, block);
  }

  remove(block: number): void {
    assert(this.#at[block] !== 0, () => `block ${block} is not in the heap`);
    const index = this.#at[block] - 1;
    this.#at[block] = 0;
    const last = this.#items[--this.#size];
    if (last !== block) this.#settle(index, last);
  }

  /** Puts the block where it belongs, from index `from`. */
  #settle(from: number, block: number): void {
    let index = from;
    for (
      let parent = (index - 1) >> 1;
      index > 0 && this.#isBelow(block, this.#items[parent]);
      parent = (index - 1) >> 1
    ) {
      this.#put(index, this.#items[parent]);
      index = parent;
    }
    for (
      let child = this.#leastChild(index);
      child !== 0 && this.#isBelow(this.#items[child], block);
      child = this.#leastChild(index)
    ) {
      this.#put(index, this.#items[child]);
      index = child;
    }
    this.#put(index, block);
  }

  /** Index of the lesser child, 0 for none. */
  #leastChild(index: number): number {
    const child = 2 * index + 1;
    if (child >= this.#size) return 0;
    return child + 1 < this.#size && this.#isBelow(this.#items[child + 1], this.#items[child]) ? child + 1 : child;
  }

  #isBelow(a: number, b: number): boolean {
    const difference = this.#first[a] - this.#first[b];
    return difference < 0 || (difference === 0 && this.#second[a] < this.#second[b]);
  }

  #put(index: number, block: number): void {
    this.#items[index] = block;
    this.#at[block] = index + 1;
  }
}
