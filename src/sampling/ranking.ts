/** Logits of one row: float64 where the reference computes, float32 where a device does. */
export type Logits = Float64Array | Float32Array;

/**
 * Token ids in descending order of logit, ties by ascending id, as many as are asked for: a binary heap in one
 * preallocated array. NaN logits are left out.
 *
 * Law: `ids[i]` does not come after `ids[2i+1]` and `ids[2i+2]`.
 */
export class Ranking {
  readonly #ids: Int32Array;
  #logits: Logits;
  #size = 0;

  constructor(vocabSize: number) {
    this.#ids = new Int32Array(vocabSize);
    this.#logits = new Float64Array(0);
  }

  /** Ranks the first `vocabSize` logits, O(vocabSize). They must not change until the last `next()`. */
  start(logits: Logits): void {
    this.#logits = logits;
    this.#size = 0;
    for (let id = 0; id < this.#ids.length; id++) {
      if (logits[id] === logits[id]) this.#ids[this.#size++] = id;
    }
    for (let i = (this.#size >> 1) - 1; i >= 0; i--) this.#sink(i);
  }

  /** The next id, or -1 when none is left, O(log vocabSize). */
  next(): number {
    if (this.#size === 0) return -1;
    const first = this.#ids[0];
    this.#ids[0] = this.#ids[--this.#size];
    this.#sink(0);
    return first;
  }

  #sink(from: number): void {
    const ids = this.#ids;
    const id = ids[from];
    let hole = from;
    for (;;) {
      let child = 2 * hole + 1;
      if (child >= this.#size) break;
      if (child + 1 < this.#size && this.#precedes(ids[child + 1], ids[child])) child++;
      if (!this.#precedes(ids[child], id)) break;
      ids[hole] = ids[child];
      hole = child;
    }
    ids[hole] = id;
  }

  #precedes(a: number, b: number): boolean {
    const logitA = this.#logits[a];
    const logitB = this.#logits[b];
    return logitA > logitB || (logitA === logitB && a < b);
  }
}

/** The id of the largest logit, ties to the lowest id; NaN never wins, and 0 where nothing does. */
export function argmax(logits: Logits, vocabSize: number): number {
  let best = 0;
  let largest = Number.NEGATIVE_INFINITY;
  for (let id = 0; id < vocabSize; id++) {
    if (logits[id] > largest) {
      largest = logits[id];
      best = id;
    }
  }
  // Nothing is greater than minus infinity, which still comes before NaN.
  return largest > Number.NEGATIVE_INFINITY
    ? best
    : Math.max(0, logits.subarray(0, vocabSize).indexOf(Number.NEGATIVE_INFINITY));
}
