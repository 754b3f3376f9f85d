/** A list of 32-bit integers that keeps its memory when it is emptied by `length = 0`. */
export class IntList {
  length = 0;
  /** The integers, `length` of them; then garbage. A `push` may replace the array. */
  items: Int32Array;

  constructor(capacity = 64) {
    this.items = new Int32Array(capacity);
  }

  push(item: number): void {
    if (this.length === this.items.length) this.#grow();
    this.items[this.length++] = item;
  }

  #grow(): void {
    const larger = new Int32Array(2 * this.items.length);
    larger.set(this.items);
    this.items = larger;
  }
}
