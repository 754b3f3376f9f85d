import { assert } from "../../assert.ts";
import type { RequestView } from "../../request.ts";

/**
 * Binary heap of requests that also knows where each one is: O(log n) to push and to take any of them out.
 * Law: no element compares less than its parent at (i - 1) >> 1, and `#at` gives each element's index.
 */
export class RequestHeap {
  readonly #compare: (a: RequestView, b: RequestView) => number;
  readonly #items: RequestView[] = [];
  readonly #at = new Map<RequestView, number>();

  constructor(compare: (a: RequestView, b: RequestView) => number) {
    this.#compare = compare;
  }

  get size(): number {
    return this.#items.length;
  }

  get first(): RequestView | undefined {
    return this.#items[0];
  }

  push(request: RequestView): void {
    assert(!this.#at.has(request), () => `request ${request.id} is in the heap already`);
    this.#items.push(request);
    this.#up(this.#items.length - 1, request);
  }

  remove(request: RequestView): void {
    const index = this.#at.get(request);
    assert(index !== undefined, () => `request ${request.id} is not in the heap`);
    this.#at.delete(request);
    const last = this.#items.pop()!;
    if (last === request) return;
    this.#up(index, last);
    this.#down(this.#at.get(last)!, last);
  }

  #up(from: number, request: RequestView): void {
    let index = from;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (this.#compare(request, this.#items[parent]) >= 0) break;
      this.#put(index, this.#items[parent]);
      index = parent;
    }
    this.#put(index, request);
  }

  #down(from: number, request: RequestView): void {
    let index = from;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= this.#items.length) break;
      if (child + 1 < this.#items.length && this.#compare(this.#items[child + 1], this.#items[child]) < 0) child++;
      if (this.#compare(request, this.#items[child]) <= 0) break;
      this.#put(index, this.#items[child]);
      index = child;
    }
    this.#put(index, request);
  }

  #put(index: number, request: RequestView): void {
    this.#items[index] = request;
    this.#at.set(request, index);
  }
}
