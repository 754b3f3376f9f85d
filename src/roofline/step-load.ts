import { assert } from "../assert.ts";
import type { ModelShape } from "./shape.ts";

/**
 * What one step carries, as counts and sums: all that its time depends on. Reused from step to step: `clear()`, then
 * `add()` a request at a time. Allocates nothing after construction.
 *
 * Laws: 0 <= samples, requests <= tokens; for each kind of layer, kvTokensRead <= attentionPairs (a decode's are
 * equal).
 */
export class StepLoad {
  /** Rows of the matrix products. */
  tokens = 0;
  requests = 0;
  /** Rows whose logits are computed. */
  samples = 0;
  /**
   * [kinds] positions whose keys and values are read, by kind of layer in the shape's order: each request's visible
   * context once.
   */
  readonly kvTokensRead: Float64Array;
  /** [kinds] pairs of a query and a visible position. */
  readonly attentionPairs: Float64Array;
  /** [kinds] windows, Infinity for none. */
  readonly #windows: Float64Array;

  constructor(shape: ModelShape) {
    this.#windows = Float64Array.from(shape.layers, (kind) => kind.window ?? Number.POSITIVE_INFINITY);
    this.kvTokensRead = new Float64Array(shape.layers.length);
    this.attentionPairs = new Float64Array(shape.layers.length);
  }

  clear(): void {
    this.tokens = 0;
    this.requests = 0;
    this.samples = 0;
    this.kvTokensRead.fill(0);
    this.attentionPairs.fill(0);
  }

  /**
   * Adds a request that computes `queryLength` tokens and sees `contextLength` after them (its own included), `samples`
   * of whose rows are sampled: a decode is (1, context, 1), a chunk that does not end the prompt (n, computed + n, 0).
   */
  add(queryLength: number, contextLength: number, samples: number): void {
    assert(
      queryLength >= 1 && queryLength <= contextLength && samples <= queryLength,
      "a step's request needs 1 <= samples, queryLength <= contextLength",
    );
    this.tokens += queryLength;
    this.requests += 1;
    this.samples += samples;
    for (let kind = 0; kind < this.#windows.length; kind++) {
      const window = this.#windows[kind];
      this.kvTokensRead[kind] += Math.min(contextLength, window + queryLength - 1);
      this.attentionPairs[kind] +=
        visiblePairs(contextLength, window) - visiblePairs(contextLength - queryLength, window);
    }
  }
}

/** Pairs of a position below `length` and a position that it attends to: itself and earlier ones, at most `window`. */
function visiblePairs(length: number, window: number): number {
  const full = Math.min(length, window);
  return (full * (full + 1)) / 2 + (length > window ? (length - window) * window : 0);
}
