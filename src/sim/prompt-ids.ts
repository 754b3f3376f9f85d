import type { BlockHash } from "../blocks/block-hash.ts";
import { InvalidOptionError } from "../errors.ts";
import type { Arrival } from "./arrival.ts";

/** Ids are signed 32-bit integers. */
const MAX_IDS = 2 ** 31;

const FIRST_CAPACITY = 4096;

/**
 * Token ids of prompts without a text: equal names give equal tokens, different ones differ from their first token on.
 *
 * A piece is its first token, which names it, and the same filler behind that: two prompts then agree exactly as far as
 * their pieces do, since a prefix is compared from its beginning. Laws: all ids are at least `vocabSize`, sampled ones
 * below it, so an answer never looks like a prompt; pieces have the odd ids above the filler, what is one request's
 * alone has the even ones.
 */
export class PromptIds {
  readonly #filler: number;
  /** Names that fit: two an id. */
  readonly #names: number;
  #serial = 0;
  /** Used again for each prompt: filler, but for the first `#named` ids, where the last prompt had names. */
  #ids: Int32Array;
  #named = 0;

  constructor(vocabSize: number) {
    this.#filler = vocabSize;
    this.#names = Math.floor((MAX_IDS - 1 - vocabSize) / 2);
    this.#ids = new Int32Array(FIRST_CAPACITY).fill(this.#filler);
  }

  /**
   * The prompt's ids, valid until the next call. Throws `InvalidOptionError` for a piece's name that is no integer in
   * range.
   */
  make(arrival: Arrival): Int32Array {
    const { promptTokens, history, pieces, pieceTokens = 1 } = arrival;
    if (promptTokens > this.#ids.length) this.#ids = new Int32Array(2 * promptTokens).fill(this.#filler);
    else this.#ids.fill(this.#filler, 0, this.#named);
    const ids = this.#ids.subarray(0, promptTokens);
    let at = 0;
    if (history !== undefined) {
      ids.set(history.length > promptTokens ? history.subarray(0, promptTokens) : history);
      at = history.length;
    }
    for (let i = 0; pieces !== undefined && i < pieces.length && at < promptTokens; i++, at += pieceTokens) {
      ids[at] = this.#nameOf(pieces[i]);
    }
    // 2^30 requests later a name comes again: its blocks are long gone.
    if (at < promptTokens) ids[at] = this.#filler + 2 + 2 * (this.#serial++ % this.#names);
    this.#named = Math.min(at + 1, promptTokens);
    return ids;
  }

  #nameOf(piece: number): number {
    if (!(Number.isInteger(piece) && piece >= 0 && piece < this.#names)) {
      throw new InvalidOptionError(`a prefix id must be an integer in [0, ${this.#names}), got ${piece}`);
    }
    return this.#filler + 1 + 2 * piece;
  }
}

/**
 * Finds candidates for blocks of such prompts by their parent and first token: where pieces differ, they differ there.
 * The blocks of an answer differ by their parents.
 */
export const firstTokenHash: BlockHash = (parent, tokens, start) => {
  let hash = Math.imul(parent, 0x85ebca6b) ^ Math.imul(tokens[start], 0xc2b2ae35);
  hash = Math.imul(hash ^ (hash >>> 16), 0x7feb352d);
  return (hash ^ (hash >>> 15)) >>> 0;
};
