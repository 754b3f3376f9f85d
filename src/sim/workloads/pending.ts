/**
 * Future requests, soonest first; at equal times in the order of insertion. Law: `#items` is a binary heap in that
 * order.
 */
export class Pending<T> {
  readonly #items: { readonly at: number; readonly order: number; readonly value: T }[] = [];
  #added = 0;

  get nextAt(): number {
    return this.#items.length === 0 ? Number.POSITIVE_INFINITY : this.#items[0].at;
  }

  /** O(log n). */
  add(at: number, value: T): void {
    const items = this.#items;
    items.push({ at, order: this.#added++, value });
    for (let child = items.length - 1; child > 0;) {
      const parent = (child - 1) >> 1;
      if (!this.#swapIfLater(parent, child)) return;
      child = parent;
    }
  }

  /** Takes the soonest out. Only where there is one. O(log n). */
  take(): T {
    const items = this.#items;
    const first = items[0];
    const last = items.pop()!;
    if (items.length > 0) {
      items[0] = last;
      this.#sink();
    }
    return first.value;
  }

  #sink(): void {
    const { length } = this.#items;
    for (let parent = 0; ;) {
      const left = 2 * parent + 1;
      if (left >= length) return;
      const child = left + 1 < length && this.#isLater(left, left + 1) ? left + 1 : left;
      if (!this.#swapIfLater(parent, child)) return;
      parent = child;
    }
  }

  #swapIfLater(a: number, b: number): boolean {
    if (!this.#isLater(a, b)) return false;
    [this.#items[a], this.#items[b]] = [this.#items[b], this.#items[a]];
    return true;
  }

  #isLater(a: number, b: number): boolean {
    const [x, y] = [this.#items[a], this.#items[b]];
    return x.at > y.at || (x.at === y.at && x.order > y.order);
  }
}
