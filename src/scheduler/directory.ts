import type { RequestId } from "../request.ts";
import type { Entry } from "./entry.ts";

/** Requests that have not ended, by id; the choices of one request have its id. Law: `size` is how many there are; an id is in while one of its choices is. */
export class Directory {
  size = 0;
  readonly #byId = new Map<RequestId, Entry[]>();

  has(id: RequestId): boolean {
    return this.#byId.has(id);
  }

  /** One choice of a request; of all that it has, where none is named. A copy, the youngest first: those that wait for another come before it. */
  of(id: RequestId, choice?: number): Entry[] {
    const choices = this.#byId.get(id) ?? [];
    return choices.filter((entry) => choice === undefined || entry.choice === choice).reverse();
  }

  add(entry: Entry): void {
    const choices = this.#byId.get(entry.id);
    if (choices === undefined) this.#byId.set(entry.id, [entry]);
    else choices.push(entry);
    this.size++;
  }

  /** Only for one that is in. */
  delete(entry: Entry): void {
    const choices = this.#byId.get(entry.id)!;
    if (choices.length === 1) this.#byId.delete(entry.id);
    else choices.splice(choices.indexOf(entry), 1);
    this.size--;
  }

  *[Symbol.iterator](): IterableIterator<Entry> {
    for (const choices of this.#byId.values()) yield* choices;
  }
}
