import type { RequestView } from "../../request.ts";
import type { PrefixView } from "./queue-policy.ts";

/**
 * Tokens below which a match is chance, such as a common first word, and from which a shared beginning is worth waiting
 * for (SGLang).
 */
const IN_BATCH_TOKENS = 32;

interface Item {
  readonly request: RequestView;
  /** Departures before it came: what it has waited through is what has gone since. */
  readonly arrival: number;
  /** Names its first tokens and its sharing domain; null where it has fewer. */
  readonly beginning: string | null;
  rank: number;
}

/**
 * Waiting requests by how much of them is cached, worked out at most once a step.
 *
 * Among requests that share a beginning which is not cached yet, all but the oldest go last: it computes the beginning,
 * they find it. Source: SGLang's longest prefix match, with in-batch prefix caching.
 */
export class PrefixOrder {
  readonly #items = new Map<RequestView, Item>();
  /** Departures before each live request came: a returning request keeps its age. */
  readonly #arrivals = new Map<RequestView, number>();
  readonly #ageing: number;
  #cache: PrefixView | undefined;
  #sorted: Item[] = [];
  #stale = true;
  #departures = 0;

  /** `ageing`: cached tokens that each departure since its arrival counts for. */
  constructor(ageing: number) {
    this.#ageing = ageing;
  }

  attach(cache: PrefixView): void {
    this.#cache = cache;
  }

  /** The cache may have changed. */
  begin(): void {
    this.#stale = true;
  }

  add(request: RequestView): void {
    const arrival = this.#arrivals.get(request) ?? this.#departures;
    this.#arrivals.set(request, arrival);
    this.#items.set(request, { request, arrival, beginning: beginningOf(request), rank: 0 });
    this.#stale = true;
  }

  remove(request: RequestView): void {
    this.#items.delete(request);
    this.#departures++;
  }

  ended(request: RequestView): void {
    this.#arrivals.delete(request);
  }

  /** The first that is `accepted`. */
  first(accepted: (request: RequestView) => boolean): RequestView | undefined {
    if (this.#stale) this.#sort();
    return this.#sorted.find((item) => this.#items.get(item.request) === item && accepted(item.request))?.request;
  }

  #sort(): void {
    const items = [...this.#items.values()].sort((a, b) => a.request.order - b.request.order);
    const beginnings = new Set<string>();
    for (const item of items) item.rank = this.#rankOf(item, beginnings);
    this.#sorted = items.sort((a, b) => b.rank - a.rank || a.request.order - b.request.order);
    this.#stale = false;
  }

  /** Greater comes first. */
  #rankOf(item: Item, beginnings: Set<string>): number {
    const matched = this.#cache?.cachedTokens(item.request) ?? 0;
    if (matched <= IN_BATCH_TOKENS && item.beginning !== null) {
      if (beginnings.has(item.beginning)) return Number.NEGATIVE_INFINITY;
      beginnings.add(item.beginning);
    }
    return matched - this.#ageing * item.arrival;
  }
}

function beginningOf({ tokens, tokenCount, adapterId, cacheSalt }: RequestView): string | null {
  return tokenCount < IN_BATCH_TOKENS
    ? null
    : `${adapterId} ${tokens.subarray(0, IN_BATCH_TOKENS).join()} ${cacheSalt}`;
}
