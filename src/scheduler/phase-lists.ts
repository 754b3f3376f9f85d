import { IntList } from "../blocks/int-list.ts";

const NOBODY = -1;

/**
 * Numbers 0..capacity-1, each of which is due every `period` steps: a list for each phase, so that a step looks at nobody who is not.
 * `add` and `remove` are O(1), a step O(those due).
 *
 * Law: a number is in one list at most; walking `next` from a phase's head meets exactly its numbers, and `prev` is its inverse.
 */
export class PhaseLists {
  readonly #period: number;
  /** Phase of the last step. */
  #phase = 0;
  /** [period] */
  readonly #heads: Int32Array;
  /** [capacity] */
  readonly #next: Int32Array;
  readonly #prev: Int32Array;
  readonly #phases: Int32Array;
  readonly #now: IntList;
  readonly #soon: IntList;

  constructor(period: number, capacity: number) {
    this.#period = period;
    this.#heads = new Int32Array(period).fill(NOBODY);
    this.#next = new Int32Array(capacity);
    this.#prev = new Int32Array(capacity);
    this.#phases = new Int32Array(capacity);
    this.#now = new IntList(capacity);
    this.#soon = new IntList(capacity);
  }

  /** It is due in the step that follows so many others, 0..period-1. */
  add(number: number, steps: number): void {
    const phase = (this.#phase + 1 + steps) % this.#period;
    const head = this.#heads[phase];
    this.#phases[number] = phase;
    this.#next[number] = head;
    this.#prev[number] = NOBODY;
    if (head !== NOBODY) this.#prev[head] = number;
    this.#heads[phase] = number;
  }

  /** Only for one that is in. */
  remove(number: number): void {
    const next = this.#next[number];
    const prev = this.#prev[number];
    if (next !== NOBODY) this.#prev[next] = prev;
    if (prev === NOBODY) this.#heads[this.#phases[number]] = next;
    else this.#next[prev] = next;
  }

  /** One step more: those due in it. The list is used again by the next step; numbers may leave while it is read. */
  next(): IntList {
    this.#phase = (this.#phase + 1) % this.#period;
    return this.#list(this.#phase, this.#now);
  }

  /** Those due in the next step. The list is used again by the next call. */
  coming(): IntList {
    return this.#list((this.#phase + 1) % this.#period, this.#soon);
  }

  #list(phase: number, into: IntList): IntList {
    into.clear();
    for (let number = this.#heads[phase]; number !== NOBODY; number = this.#next[number]) into.push(number);
    return into;
  }
}
