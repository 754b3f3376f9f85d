import { RANK_UNIT, type FindMerge } from "./pair-table.ts";

/**
 * Above every position; a candidate is `rank * PLACE_UNIT + position`, so the heap's order is best rank first, then
 * from the left.
 */
const PLACE_UNIT = 2 ** 31;

/**
 * Byte-pair merges: while two neighbours merge, the pair of the best rank does, the leftmost of equals. A heap of
 * candidates, n log n for n symbols; SentencePiece and the Rust library do the same. The symbols are changed in place;
 * returns how many are left.
 */
export function mergeAll(symbols: Int32Array, count: number, find: FindMerge): number {
  const next = new Int32Array(count);
  const previous = new Int32Array(count);
  const heap = new CandidateHeap();
  const offer = (left: number): void => {
    const merge = find(symbols[left], symbols[next[left]]);
    if (merge >= 0) heap.push(Math.floor(merge / RANK_UNIT) * PLACE_UNIT + left);
  };
  for (let i = 0; i < count; i++) {
    next[i] = i + 1 < count ? i + 1 : -1;
    previous[i] = i - 1;
  }
  for (let i = 0; i + 1 < count; i++) offer(i);
  for (let candidate = heap.pop(); candidate >= 0; candidate = heap.pop()) {
    const left = candidate % PLACE_UNIT;
    const right = next[left];
    // Its symbols may have been merged with others since it was offered.
    if (symbols[left] < 0 || right < 0) continue;
    const merge = find(symbols[left], symbols[right]);
    if (merge < 0 || Math.floor(merge / RANK_UNIT) !== Math.floor(candidate / PLACE_UNIT)) continue;
    symbols[left] = merge % RANK_UNIT;
    symbols[right] = -1;
    next[left] = next[right];
    if (next[left] >= 0) {
      previous[next[left]] = left;
      offer(left);
    }
    if (previous[left] >= 0) offer(previous[left]);
  }
  let kept = 0;
  for (let i = 0; i < count; i++) if (symbols[i] >= 0) symbols[kept++] = symbols[i];
  return kept;
}

/** A binary heap of numbers, smallest first. */
class CandidateHeap {
  readonly #values: number[] = [];

  push(value: number): void {
    const values = this.#values;
    let at = values.length;
    values.push(value);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (values[parent] <= value) break;
      values[at] = values[parent];
      at = parent;
    }
    values[at] = value;
  }

  /** The smallest, or -1. */
  pop(): number {
    const values = this.#values;
    if (values.length === 0) return -1;
    const smallest = values[0];
    const last = values.pop()!;
    const { length } = values;
    if (length === 0) return smallest;
    let at = 0;
    for (let child = 1; child < length; child = at * 2 + 1) {
      if (child + 1 < length && values[child + 1] < values[child]) child++;
      if (values[child] >= last) break;
      values[at] = values[child];
      at = child;
    }
    values[at] = last;
    return smallest;
  }
}
