import { assert } from "../assert.ts";
import type { SamplingColumns } from "../step.ts";
import { type Logits, Ranking, argmax } from "./ranking.ts";
import { uniform } from "./threefry.ts";

/**
 * Chooses tokens by the one rule that every backend follows. With w_i = exp((l_i - max l) / temperature):
 *
 * 1. temperature 0: the largest logit, ties to the lowest id.
 * 2. top-k keeps i iff l_i is at least the k-th largest logit.
 * 3. top-p then keeps i iff the weight of what is kept and strictly likelier is below topP of all that is kept.
 * 4. min-p keeps i iff w_i >= minP.
 * 5. The choice is the first kept id whose running weight, ids ascending, exceeds u times the kept weight, with u the
 *    counter-based draw of (seed, choice, position); the last kept id where rounding leaves none.
 *
 * NaN logits never win a comparison. Where the largest logit is infinite there is nothing to weigh: rule 1 decides.
 * Sources: nucleus sampling (arXiv 1904.09751), min-p (arXiv 2407.01082).
 */
export class Sampler {
  readonly #vocabSize: number;
  readonly #weights: Float64Array;
  readonly #ranking: Ranking;

  /** Allocates all that later calls need: 12 bytes a token of the vocabulary. */
  constructor(vocabSize: number) {
    this.#vocabSize = vocabSize;
    this.#weights = new Float64Array(vocabSize);
    this.#ranking = new Ranking(vocabSize);
  }

  /** The id for sample `row` of the columns; `position` is that of the token being chosen, one after the row's own. */
  sample(logits: Logits, columns: SamplingColumns, row: number, position: number): number {
    assert(logits.length >= this.#vocabSize, "logits are shorter than the vocabulary");
    const temperature = columns.temperature[row];
    const likeliest = argmax(logits, this.#vocabSize);
    const largest = logits[likeliest];
    if (temperature === 0 || !Number.isFinite(largest)) return likeliest;
    this.#weigh(logits, largest, temperature);
    const threshold = this.#threshold(logits, columns.topK[row], columns.topP[row]);
    const draw = uniform(columns.seed[2 * row], columns.seed[2 * row + 1], columns.choice[row], position);
    return this.#draw(logits, threshold, columns.minP[row], draw);
  }

  #weigh(logits: Logits, largest: number, temperature: number): void {
    const weights = this.#weights;
    for (let id = 0; id < weights.length; id++) weights[id] = Math.exp((logits[id] - largest) / temperature);
  }

  /** The smallest logit that top-k and top-p keep. */
  #threshold(logits: Logits, topK: number, topP: number): number {
    let threshold = Number.NEGATIVE_INFINITY;
    if (topK > 0 && topK < this.#vocabSize) threshold = this.#kthLargest(logits, topK);
    return topP < 1 ? this.#nucleus(logits, threshold, topP * this.#weightFrom(logits, threshold)) : threshold;
  }

  #kthLargest(logits: Logits, k: number): number {
    this.#ranking.start(logits);
    let last = Number.NEGATIVE_INFINITY;
    for (let rank = 0; rank < k; rank++) {
      const id = this.#ranking.next();
      if (id < 0) break;
      last = logits[id];
    }
    return last;
  }

  #weightFrom(logits: Logits, threshold: number): number {
    let total = 0;
    for (let id = 0; id < this.#vocabSize; id++) if (logits[id] >= threshold) total += this.#weights[id];
    return total;
  }

  /** The smallest logit from `floor` up such that all strictly larger logits weigh less than `mass`. */
  #nucleus(logits: Logits, floor: number, mass: number): number {
    this.#ranking.start(logits);
    let id = this.#ranking.next();
    let threshold = logits[id];
    let weight = 0;
    while (id >= 0 && logits[id] >= floor) {
      if (logits[id] < threshold && weight >= mass) break;
      threshold = logits[id];
      weight += this.#weights[id];
      id = this.#ranking.next();
    }
    return threshold;
  }

  #draw(logits: Logits, threshold: number, minP: number, draw: number): number {
    const weights = this.#weights;
    let total = 0;
    for (let id = 0; id < weights.length; id++) {
      if (logits[id] >= threshold && weights[id] >= minP) total += weights[id];
    }
    const target = draw * total;
    let running = 0;
    let chosen = 0;
    for (let id = 0; id < weights.length; id++) {
      if (!(logits[id] >= threshold && weights[id] >= minP)) continue;
      chosen = id;
      running += weights[id];
      if (running > target) break;
    }
    return chosen;
  }
}
