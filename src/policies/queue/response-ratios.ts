import { assert } from "../../assert.ts";
import type { RequestView } from "../../request.ts";

const FIRST_CAPACITY = 64;

/**
 * Waiting requests as columns, to find the highest ratio of wait and length by a scan: a decision among 10,000 takes 30
 * µs (bench/policies/names.bench.ts). Law: `#at` gives each request's index in the columns, 0 <= index < size.
 */
export class ResponseRatios {
  readonly #requests: RequestView[] = [];
  readonly #at = new Map<RequestView, number>();
  #arrivals = new Float64Array(FIRST_CAPACITY);
  #lengths = new Float64Array(FIRST_CAPACITY);
  #orders = new Float64Array(FIRST_CAPACITY);
  #turn = 0;

  get size(): number {
    return this.#requests.length;
  }

  add(request: RequestView, arrival: number, length: number): void {
    assert(!this.#at.has(request), () => `request ${request.id} is in the queue already`);
    const index = this.#requests.length;
    if (index === this.#arrivals.length) this.#grow();
    this.#requests.push(request);
    this.#put(index, request, arrival, length);
  }

  remove(request: RequestView): void {
    const index = this.#indexOf(request);
    const last = this.#requests.length - 1;
    this.#put(index, this.#requests[last], this.#arrivals[last], this.#lengths[last]);
    this.#requests.pop();
    this.#at.delete(request);
  }

  /** Returns whether that changes anything. */
  setLength(request: RequestView, length: number): boolean {
    const index = this.#indexOf(request);
    if (this.#lengths[index] === length) return false;
    this.#lengths[index] = length;
    return true;
  }

  /** The highest (time - arrival) / length, of equal ones the oldest. */
  highest(time: number): RequestView | undefined {
    const { length } = this.#requests;
    const [arrivals, lengths, orders] = [this.#arrivals, this.#lengths, this.#orders];
    let best = 0;
    let bestRatio = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < length; i++) {
      const ratio = (time - arrivals[i]) / lengths[i];
      if (ratio < bestRatio || (ratio === bestRatio && orders[i] > orders[best])) continue;
      best = i;
      bestRatio = ratio;
    }
    return length === 0 ? undefined : this.#requests[best];
  }

  /** Each in turn; only where there is one. */
  nextInTurn(): RequestView {
    this.#turn = (this.#turn + 1) % this.#requests.length;
    return this.#requests[this.#turn];
  }

  #indexOf(request: RequestView): number {
    const index = this.#at.get(request);
    assert(index !== undefined, () => `request ${request.id} is not in the queue`);
    return index;
  }

  #put(index: number, request: RequestView, arrival: number, length: number): void {
    this.#requests[index] = request;
    this.#at.set(request, index);
    this.#arrivals[index] = arrival;
    this.#lengths[index] = length;
    this.#orders[index] = request.order;
  }

  #grow(): void {
    const capacity = 2 * this.#arrivals.length;
    this.#arrivals = grown(this.#arrivals, capacity);
    this.#lengths = grown(this.#lengths, capacity);
    this.#orders = grown(this.#orders, capacity);
  }
}

function grown(column: Float64Array<ArrayBuffer>, capacity: number): Float64Array<ArrayBuffer> {
  const longer = new Float64Array(capacity);
  longer.set(column);
  return longer;
}
