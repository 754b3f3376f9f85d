import type { PlanGroup, StepPlan } from "../../step.ts";
import { Context } from "./context.ts";
import type { KvStore } from "./kv-store.ts";
import { softCap } from "./soft-cap.ts";

export interface AttentionShape {
  readonly headCount: number;
  readonly kvHeadCount: number;
  readonly headDim: number;
  /** Factor of query · key. */
  readonly scale: number;
  readonly softCap: number | null;
  /** Most recent positions that a token sees, itself among them; `null` for all. */
  readonly window: number | null;
}

/**
 * Causal softmax(softCap(q · kᵀ * scale)) · v over block tables. Query head h reads key head
 * floor(h / (headCount / kvHeadCount)) (grouped-query attention, arXiv 2305.13245).
 *
 * Keys and values of the step's own tokens are in the store already. Only slots of visible positions are read, and
 * sums run over ascending positions: neither where a block lies nor what an unused slot holds can change a bit.
 * Source of the layout: PagedAttention, arXiv 2309.06180.
 */
export class PagedAttention {
  readonly #shape: AttentionShape;
  readonly #context: Context;
  /** Scores of the context's positions, then their exponentials. */
  #scores = new Float64Array(0);

  constructor(store: KvStore, shape: AttentionShape) {
    this.#shape = shape;
    this.#context = new Context(store);
  }

  /** One layer: `out` and `queries` are [T, headCount, headDim], `layer` is counted within its group. */
  run(out: Float64Array, queries: Float64Array, layer: number, plan: StepPlan, group: PlanGroup): void {
    const { headCount, headDim, window } = this.#shape;
    for (let request = 0; request < plan.requestCount; request++) {
      const firstToken = plan.queryIndptr[request];
      this.#context.gather(plan, group, request, layer, firstVisible(plan.positions[firstToken], window));
      this.#makeRoom(plan.contextLengths[request]);
      const { origin } = this.#context;
      for (let token = firstToken; token < plan.queryIndptr[request + 1]; token++) {
        const position = plan.positions[token];
        const start = Math.max(firstVisible(position, window), origin) - origin;
        for (let head = 0; head < headCount; head++) {
          this.#attend(out, queries, (token * headCount + head) * headDim, head, start, position + 1 - origin);
        }
      }
    }
  }

  /** One head of one token over rows [start, end) of the context; its query and output lie at `at`. */
  #attend(out: Float64Array, queries: Float64Array, at: number, head: number, start: number, end: number): void {
    const { headCount, kvHeadCount, headDim } = this.#shape;
    const headOffset = Math.floor(head / (headCount / kvHeadCount)) * headDim;
    const largest = this.#score(queries, at, headOffset, start, end);
    const total = this.#exponentiate(start, end, largest);
    this.#weigh(out, at, headOffset, start, end, total);
  }

  /** Scores of [start, end) against one query; returns the largest. */
  #score(queries: Float64Array, at: number, headOffset: number, start: number, end: number): number {
    const { keys } = this.#context;
    const { headDim, kvHeadCount, scale, softCap: cap } = this.#shape;
    let largest = Number.NEGATIVE_INFINITY;
    for (let i = start; i < end; i++) {
      const key = i * kvHeadCount * headDim + headOffset;
      let sum = 0;
      for (let d = 0; d < headDim; d++) sum += queries[at + d] * keys[key + d];
      const score = sum * scale;
      this.#scores[i] = cap === null ? score : softCap(score, cap);
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
  #weigh(out: Float64Array, at: number, headOffset: number, start: number, end: number, total: number): void {
    const { values } = this.#context;
    const { headDim, kvHeadCount } = this.#shape;
    out.fill(0, at, at + headDim);
    for (let i = start; i < end; i++) {
      const value = i * kvHeadCount * headDim + headOffset;
      const score = this.#scores[i];
      for (let d = 0; d < headDim; d++) out[at + d] += score * values[value + d];
    }
    for (let d = 0; d < headDim; d++) out[at + d] /= total;
  }

  #makeRoom(positions: number): void {
    if (this.#scores.length < positions) this.#scores = new Float64Array(2 * positions);
  }
}

/** First position that the token at `position` sees. */
function firstVisible(position: number, window: number | null): number {
  return window === null ? 0 : Math.max(0, position + 1 - window);
}
