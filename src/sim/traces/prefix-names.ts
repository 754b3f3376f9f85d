/** Ids of a trace below this one name themselves; others are numbered from here on, in order of appearance. */
const FIRST_GIVEN = 2 ** 29;

/** Large ids that one trace may have: 2^23 of them take some 1 GB. */
const MAX_GIVEN = 2 ** 23;

/** Integers as JSON writes them, of any length. */
const INTEGER = /^-?\d+$/;

/**
 * Small names for the prefix ids of one trace, which may be of 64 bits: equal ids have equal names, different ones
 * different names.
 */
export class PrefixNames {
  readonly #given = new Map<string, number>();

  /**
   * The name of an id, as it is written; null for what is no integer. Throws an `Error` where a trace has too many
   * large ones.
   */
  of(id: string): number | null {
    if (!INTEGER.test(id)) return null;
    const value = Number(id);
    if (value >= 0 && value < FIRST_GIVEN) return value;
    let name = this.#given.get(id);
    if (name === undefined) {
      if (this.#given.size === MAX_GIVEN) {
        throw new Error(`the trace has more than ${MAX_GIVEN} different hash_ids of 2^29 and more`);
      }
      name = FIRST_GIVEN + this.#given.size;
      this.#given.set(id, name);
    }
    return name;
  }
}
