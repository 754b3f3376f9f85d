import { IntList } from "../collections/int-list.ts";

/** The match that a slot begins with. */
export interface Beginning {
  readonly blockCount: number;
  firstBlock(group: number): number;
  readonly nodes: IntList;
}

/** Entries of a new table in a group without a window: 1,024 tokens in blocks of 16. Tables double from there. */
const FIRST_STRIDE = 64;

/**
 * Room of a ring beside the window and the tokens in flight: blocks are cut at both ends, and the last indexed block
 * outlives its tokens.
 */
const SPARE_ENTRIES = 3;

/** Sizes of the tables of one group. */
export interface TableGroupOptions {
  readonly window: number | null;
  readonly slotCount: number;
  readonly blockCount: number;
  readonly blockSize: number;
  /** Most tokens of one request that plans in flight compute. */
  readonly tokensInFlight: number;
}

/**
 * The block tables of one group of layers, by request slot: block k of a slot is `ids[slot * stride + k % stride]`, and
 * holds positions [k * blockSize, (k + 1) * blockSize). With a window a table is a ring, and `first` moves on;
 * otherwise `stride` grows.
 *
 * Law: block k of a slot is held for first[slot] <= k < count; other entries are garbage.
 */
export class TableGroup {
  readonly window: number | null;
  /** [slots] the first block still held: above 0 once the window has moved. */
  readonly first: Int32Array;
  stride: number;
  /** [slots x stride] */
  ids: Int32Array;
  /** Ranges in `changes`. */
  changeCount = 0;
  /**
   * [3 x slots] (slot, first, end): the blocks first <= k < end of the slot that were written before the last
   * `takeChanges`.
   */
  readonly changes: Int32Array;
  readonly #maxStride: number;
  /** Slots with entries written since the last `takeChanges`; a slot may be in twice. */
  readonly #changed: IntList;
  /** [slots] the range of blocks written; an end of 0 stands for none. */
  readonly #changedFirst: Int32Array;
  readonly #changedEnd: Int32Array;

  constructor({ window, slotCount, blockCount, blockSize, tokensInFlight }: TableGroupOptions) {
    this.window = window;
    this.#maxStride = blockCount;
    this.stride =
      window === null
        ? Math.min(FIRST_STRIDE, blockCount)
        : Math.ceil((window + tokensInFlight) / blockSize) + SPARE_ENTRIES;
    this.ids = new Int32Array(slotCount * this.stride);
    this.first = new Int32Array(slotCount);
    this.changes = new Int32Array(3 * slotCount);
    this.#changed = new IntList(slotCount);
    this.#changedFirst = new Int32Array(slotCount);
    this.#changedEnd = new Int32Array(slotCount);
  }

  get(slot: number, index: number): number {
    return this.ids[slot * this.stride + (index % this.stride)];
  }

  set(slot: number, index: number, block: number): void {
    this.ids[slot * this.stride + (index % this.stride)] = block;
    this.noteChanges(slot, index, index + 1);
  }

  /** Notes that the blocks first <= k < end of the slot were written, or have to be told again. */
  noteChanges(slot: number, first: number, end: number): void {
    if (this.#changedEnd[slot] === 0) {
      this.#changed.push(slot);
      this.#changedFirst[slot] = first;
      this.#changedEnd[slot] = end;
    } else {
      if (first < this.#changedFirst[slot]) this.#changedFirst[slot] = first;
      if (end > this.#changedEnd[slot]) this.#changedEnd[slot] = end;
    }
  }

  /** Forgets changes of the slot's table, because its request left. */
  forgetChanges(slot: number): void {
    this.#changedEnd[slot] = 0;
  }

  /** Fills `changes` with the ranges written since the last call. */
  takeChanges(): void {
    this.changeCount = 0;
    for (let i = 0; i < this.#changed.length; i++) {
      const slot = this.#changed.items[i];
      const end = this.#changedEnd[slot];
      if (end === 0) continue;
      this.#changedEnd[slot] = 0;
      const at = 3 * this.changeCount++;
      this.changes[at] = slot;
      // Of a ring that was written more than once around, only the last round counts.
      this.changes[at + 1] = Math.max(this.#changedFirst[slot], end - this.stride);
      this.changes[at + 2] = end;
    }
    this.#changed.length = 0;
  }

  /** Doubles every table until one has room for `length` blocks. Only for a group without a window. */
  grow(length: number): void {
    const before = this.stride;
    const old = this.ids;
    let stride = before;
    while (stride < length) stride *= 2;
    this.stride = Math.min(stride, this.#maxStride);
    this.ids = new Int32Array((old.length / before) * this.stride);
    for (let from = 0, to = 0; from < old.length; from += before, to += this.stride) {
      this.ids.set(old.subarray(from, from + before), to);
    }
  }
}
