import type { PlanGroup, StepPlan } from "../../step.ts";
import type { KvStore } from "./kv-store.ts";

export interface AttentionShape {
  readonly headCount: number;
  readonly kvHeadCount: number;
  readonly headDim: number;
  /** Most recent positions that a token sees, itself among them; `null` for all. */
  readonly window: number | null;
}

/**
 * Causal softmax(q · kᵀ / sqrt(headDim)) · v over block tables. Query head h reads key head
 * floor(h / (headCount / kvHeadCount)) (grouped-query attention, arXiv 2305.13245).
 *
 * Keys and values of the step's own tokens are in the store already. Only slots of visible positions are read, and
 * sums run over ascending positions: neither where a block lies nor what an unused slot holds can change a bit.
 * Source of the layout: PagedAttention, arXiv 2309.06180.
 */
export class PagedAttention {
  readonly #store: KvStore;
  readonly #shape: AttentionShape;
  /** [contextLength] where the keys of the table's i-th position start. */
  readonly #keyOffsets: Int32Array;
  /** [contextLength] scores of the table's positions, then their exponentials. */
  readonly #scores: Float64Array;

  constructor(store: KvStore, shape: AttentionShape, contextLength: number) {
    this.#store = store;
    this.#shape = shape;
    this.#keyOffsets = new Int32Array(contextLength);
    this.#scores = new Float64Array(contextLength);
  }

  /** One layer: `out` and `queries` are [T, headCount, headDim], `layer` is counted within its group. */
  run(out: Float64Array, queries: Float64Array, layer: number, plan: StepPlan, group: PlanGroup): void {
    const { headCount, headDim, window } = this.#shape;
    for (let request = 0; request < plan.requestCount; request++) {
      const origin = group.firstPosition[request];
      this.#locateKeys(layer, group, group.blockIndptr[request], plan.contextLengths[request] - origin);
      for (let token = plan.queryIndptr[request]; token < plan.queryIndptr[request + 1]; token++) {
        const end = plan.positions[token] + 1 - origin;
        const start = window === null ? 0 : Math.max(0, end - window);
        for (let head = 0; head < headCount; head++) {
          this.#attend(out, queries, (token * headCount + head) * headDim, head, start, end);
        }
      }
    }
  }

  /** Fills `#keyOffsets` for the first `count` positions of the table that starts at `tableStart`. */
  #locateKeys(layer: number, group: PlanGroup, tableStart: number, count: number): void {
    const { blockSize, kvSize } = this.#store;
    for (let first = 0; first < count; first += blockSize) {
      const block = group.blockIndices[tableStart + first / blockSize];
      const base = this.#store.keyOffset(block * blockSize, layer);
      const end = Math.min(count, first + blockSize);
      for (let i = first; i < end; i++) this.#keyOffsets[i] = base + (i - first) * kvSize;
    }
  }

  /** One head of one token over positions [start, end) of its table; its query and output lie at `at`. */
  #attend(out: Float64Array, queries: Float64Array, at: number, head: number, start: number, end: number): void {
    const { headCount, kvHeadCount, headDim } = this.#shape;
    const headOffset = Math.floor(head / (headCount / kvHeadCount)) * headDim;
    const largest = this.#score(queries, at, headOffset, start, end);
    const total = this.#exponentiate(start, end, largest);
    this.#weigh(out, at, headOffset + this.#store.valueOffset, start, end, total);
  }

  /** Scores of [start, end) against one query; returns the largest. */
  #score(queries: Float64Array, at: number, headOffset: number, start: number, end: number): number {
    const data = this.#store.data;
    const headDim = this.#shape.headDim;
    const scale = 1 / Math.sqrt(headDim);
    let largest = Number.NEGATIVE_INFINITY;
    for (let i = start; i < end; i++) {
      const key = this.#keyOffsets[i] + headOffset;
      let sum = 0;
      for (let d = 0; d < headDim; d++) sum += queries[at + d] * data[key + d];
      this.#scores[i] = sum * scale;
      if (this.#scores[i] > largest) largest = this.#scores[i];
    }
    return largest;
  }

  /** Scores of [start, end) become exp(score - largest); returns their sum. */
  #exponentiate(start: number, end: number, largest: number): number {
    const scores = this.#scores;
    let total = 0;
    for (let i = start; i < end; i++) {
      scores[i] = Math.exp(scores[i] - largest);
      total += scores[i];
    }
    return total;
  }

  /** out = Σ scores · values / total over [start, end). */
  #weigh(out: Float64Array, at: number, valueOffset: number, start: number, end: number, total: number): void {
    const data = this.#store.data;
    const headDim = this.#shape.headDim;
    out.fill(0, at, at + headDim);
    for (let i = start; i < end; i++) {
      const value = this.#keyOffsets[i] + valueOffset;
      const score = this.#scores[i];
      for (let d = 0; d < headDim; d++) out[at + d] += score * data[value + d];
    }
    for (let d = 0; d < headDim; d++) out[at + d] /= total;
  }
}
