import type { RequestView } from "../../request.ts";
import type { PrefixView, QueuePolicy } from "./queue-policy.ts";
import { ResponseRatios } from "./response-ratios.ts";

/**
 * Prompt tokens looked up in the cache at each step, some waiting requests in turn: 4,096 tokens are 256 blocks of 16.
 */
const REFRESHED_TOKENS = 4096;

/** Times that one decision looks the best one's length up anew, when that shows that it is not the best after all. */
const MAX_REFRESHES = 8;

/**
 * Highest response ratio next: the request that has waited longest for its length, both in tokens: prompt tokens that
 * all requests have computed since it arrived, over its own tokens that are not cached; of equal ones the oldest. A
 * scan of three columns, O(n). Source: Brinch Hansen, 1971; SGLang PR 32911, which measured half of FCFS's mean time to
 * first token at a lower p99.
 *
 * Short and cached prompts go first, and none starves: with at most n waiting at a time, a request of L tokens starts
 * before 2 (n L + S) prompt tokens have been computed, S of them of requests that waited before it. (A request that
 * overtakes it after W tokens has waited W / L for each of its own; and n requests wait n tokens at most for each token
 * that is computed.)
 */
export function hrrn(): QueuePolicy {
  return new HighestResponseRatio();
}

class HighestResponseRatio implements QueuePolicy {
  readonly name = "hrrn";
  readonly #ratios = new ResponseRatios();
  /** Tokens computed before each live request arrived: a returning request keeps its age. */
  readonly #arrivals = new Map<RequestView, number>();
  #cache: PrefixView | undefined;
  #computed = 0;

  get size(): number {
    return this.#ratios.size;
  }

  attach(cache: PrefixView): void {
    this.#cache = cache;
  }

  /** Prefixes come and go while requests wait: looks some up again, each in turn. */
  begin(): void {
    let tokens = 0;
    for (let left = this.#ratios.size; left > 0 && tokens < REFRESHED_TOKENS; left--) {
      const request = this.#ratios.nextInTurn();
      tokens += request.tokenCount;
      this.#ratios.setLength(request, this.#lengthOf(request));
    }
  }

  add(request: RequestView): void {
    const arrived = this.#arrivals.get(request) ?? this.#computed;
    this.#arrivals.set(request, arrived);
    this.#ratios.add(request, arrived, this.#lengthOf(request));
  }

  remove(request: RequestView): void {
    this.#ratios.remove(request);
  }

  next(): RequestView | undefined {
    let best = this.#ratios.highest(this.#computed);
    for (let i = 0; i < MAX_REFRESHES && best !== undefined; i++) {
      if (!this.#ratios.setLength(best, this.#lengthOf(best))) break;
      best = this.#ratios.highest(this.#computed);
    }
    return best;
  }

  charge(_request: RequestView, promptTokens: number): void {
    this.#computed += promptTokens;
  }

  ended(request: RequestView): void {
    this.#arrivals.delete(request);
  }

  /** Tokens that it would have to compute; the last one always. */
  #lengthOf(request: RequestView): number {
    return Math.max(1, request.tokenCount - (this.#cache?.cachedTokens(request) ?? 0));
  }
}
