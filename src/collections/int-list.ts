/** A list of 32-bit integers that keeps its memory when it is cleared. */
export class IntList {
  /** Written here alone. */
  length = 0;
  #items: Int32Array;

  constructor(capacity = 64) {
    this.#items = new Int32Array(capacity);
  }

  push(item: number): void {
    if (this.length === this.#items.length) this.#grow();
    this.#items[this.length++] = item;
  }

  at(index: number): number {
    return this.#items[index];
  }

  /** Only for an index below `length`. */
  set(index: number, item: number): void {
    this.#items[index] = item;
  }

  /** Takes the last item off; only where there is one. */
  pop(): number {
    return this.#items[--this.length];
  }

  clear(): void {
    this.length = 0;
  }

  #grow(): void {
    const larger = new Int32Array(2 * this.#items.length);
    larger.set(this.#items);
    this.#items = larger;
  }
}
