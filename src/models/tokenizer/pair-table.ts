/** What two symbols merge to: `rank * RANK_UNIT + id`, so that the smallest is the best; -1 for nothing. */
export type FindMerge = (left: number, right: number) => number;

/** Above every id. */
export const RANK_UNIT = 2 ** 22;

/** Merges by their pair of ids, in open addressing: a `Map` of 280,000 pairs takes four times the memory. */
export class PairTable {
  readonly #mask: number;
  /** [slots][2], -1 where free. */
  readonly #pairs: Int32Array;
  readonly #merges: Float64Array;

  constructor(count: number) {
    let slots = 8;
    while (slots < count * 2) slots *= 2;
    this.#mask = slots - 1;
    this.#pairs = new Int32Array(slots * 2).fill(-1);
    this.#merges = new Float64Array(slots);
  }

  /** A pair that is there already keeps its place and gets this merge, as in the Rust library. */
  set(left: number, right: number, rank: number, id: number): void {
    const slot = this.#slotOf(left, right);
    this.#pairs[slot * 2] = left;
    this.#pairs[slot * 2 + 1] = right;
    this.#merges[slot] = rank * RANK_UNIT + id;
  }

  find(left: number, right: number): number {
    const slot = this.#slotOf(left, right);
    return this.#pairs[slot * 2] < 0 ? -1 : this.#merges[slot];
  }

  #slotOf(left: number, right: number): number {
    let slot = (Math.imul(left, 0x9e3779b1) ^ Math.imul(right, 0x85ebca6b)) & this.#mask;
    while (this.#pairs[slot * 2] >= 0 && (this.#pairs[slot * 2] !== left || this.#pairs[slot * 2 + 1] !== right)) {
      slot = (slot + 1) & this.#mask;
    }
    return slot;
  }
}
