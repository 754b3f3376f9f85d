import type { RequestInput } from "../request.ts";
import { answerOf } from "./driven-request.ts";
import type { SeededRandom } from "./seeded-random.ts";

/** Beginnings that prompts share, so that the prefix cache has something to find. */
const BEGINNINGS = 3;

/** So few different ids that blocks are equal, and equal but for their last tokens, all the time. */
const LAST_ID = 3;

/** Salts and adapters of requests that have one: they look alike to code that trims, folds or cuts them. */
const SALTS = ["x", "x", "X", "x "];
const ADAPTERS = [1, 257];
const SALTED = 0.2;
const ADAPTED = 0.1;

/**
 * Makes requests, numbered from 0: short prompts that begin alike, and now and then another salt, adapter or stop id,
 * or several choices.
 */
export class PromptSource {
  /** Requests made so far. */
  count = 0;
  readonly #random: SeededRandom;
  readonly #beginnings: readonly (readonly number[])[];

  constructor(random: SeededRandom) {
    this.#random = random;
    this.#beginnings = Array.from({ length: BEGINNINGS }, () => this.#ids(random.integer(1, 60)));
  }

  /**
   * Seven in ten requests take at most `roomFor` tokens, of which there are at least two; others may be too long.
   * `window`: what the device's first group sees, by which the answer and so a stop id is known.
   */
  draw(roomFor: number, window: number | null): RequestInput & { readonly promptTokenIds: readonly number[] } {
    const random = this.#random;
    const beginning = random.pick(this.#beginnings);
    const drawn = [...beginning.slice(0, random.integer(0, beginning.length)), ...this.#ids(random.integer(0, 8))];
    const most = random.chance(0.7) ? roomFor : Number.POSITIVE_INFINITY;
    const maxTokens = Math.min(random.integer(1, 30), most - 1);
    const promptTokenIds = drawn.slice(0, most - maxTokens);
    if (promptTokenIds.length === 0) promptTokenIds.push(1);
    const answer = answerOf(promptTokenIds, Math.min(promptTokenIds.length + maxTokens, roomFor), window).tokenIds;
    return {
      id: this.count++,
      promptTokenIds,
      maxTokens,
      n: random.chance(0.2) ? random.integer(2, 5) : 1,
      skipPrefixCache: random.chance(0.1),
      cacheSalt: SALTS[Math.floor((random.next() / SALTED) * SALTS.length)] ?? "",
      adapterId: ADAPTERS[Math.floor((random.next() / ADAPTED) * ADAPTERS.length)] ?? 0,
      stopTokenIds: random.chance(0.2) && answer.length > 0 ? [random.pick(answer)] : [],
    };
  }

  #ids(length: number): number[] {
    return Array.from({ length }, () => this.#random.integer(0, LAST_ID));
  }
}
