import type { RequestId } from "../request.ts";
import type { Sequence } from "./sequence.ts";

/**
 * Requests that have not ended, by id; the choices of one request have its id. Law: `size` is how many there are; an id
 * is in while one of its choices is.
 */
export class Directory {
  size = 0;
  readonly #byId = new Map<RequestId, Sequence[]>();

  has(id: RequestId): boolean {
    return this.#byId.has(id);
  }

  /**
   * One choice of a request, or all its choices. A copy, the youngest first, so that followers come before their
   * leader.
   */
  of(id: RequestId, choice?: number): Sequence[] {
    const choices = this.#byId.get(id) ?? [];
    return choices.filter((sequence) => choice === undefined || sequence.choice === choice).reverse();
  }

  add(sequence: Sequence): void {
    const choices = this.#byId.get(sequence.id);
    if (choices === undefined) this.#byId.set(sequence.id, [sequence]);
    else choices.push(sequence);
    this.size++;
  }

  /** Only for a request that is in. */
  delete(sequence: Sequence): void {
    const choices = this.#byId.get(sequence.id)!;
    if (choices.length === 1) this.#byId.delete(sequence.id);
    else choices.splice(choices.indexOf(sequence), 1);
    this.size--;
  }

  *[Symbol.iterator](): IterableIterator<Sequence> {
    for (const choices of this.#byId.values()) yield* choices;
  }
}
