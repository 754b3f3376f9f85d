import { type Arrival, RandomStream } from "../../sim/index.ts";

/** Words that most vocabularies have as one token each, with the space before them. */
const WORDS = (
  "time year people way day man thing woman life child world school state family student group country problem " +
  "hand part place case week company system program question work number night point home water room mother area " +
  "money story fact month lot right study book eye job word business issue side kind head house service friend " +
  "father power hour game line end member law car city name"
).split(" ");

/** Streams of random numbers: of pieces that prompts share, and of what is one prompt's alone. */
const SHARED = 1;
const OWN = 2;

/** How many tokens a text has, by its words. */
export interface TokensOfWords {
  /** Tokens around a prompt: those of a chat template, a begin-of-text id. */
  readonly around: number;
  readonly perWord: number;
}

/** Before anything was measured. */
export const ONE_A_WORD: TokensOfWords = { around: 0, perWord: 1 };

/** From two prompts' words and tokens. */
export function fitWords(
  short: { readonly words: number; readonly tokens: number },
  long: { readonly words: number; readonly tokens: number },
): TokensOfWords {
  const perWord = (long.tokens - short.tokens) / (long.words - short.words);
  if (!(perWord > 0)) return ONE_A_WORD;
  return { around: Math.max(0, short.tokens - perWord * short.words), perWord };
}

/**
 * Texts in the place of a workload's prompts: of about as many tokens, pieces of one name alike, and what follows them
 * unlike any other. The same seed gives the same texts.
 */
export class PromptTexts {
  readonly #seed: number;
  readonly #tokens: TokensOfWords;
  #serial = 0;

  constructor(seed: number, tokens: TokensOfWords) {
    this.#seed = seed;
    this.#tokens = tokens;
  }

  make({ promptTokens, pieces = [], pieceTokens = 0 }: Arrival): string {
    let left = Math.max(1, Math.round((promptTokens - this.#tokens.around) / this.#tokens.perWord));
    const pieceWords = Math.round(pieceTokens / this.#tokens.perWord);
    const parts: string[] = [];
    for (const piece of pieces) {
      const words = Math.min(left, pieceWords);
      if (words > 0) parts.push(this.#words(SHARED, piece, words));
      left -= words;
    }
    if (left > 0) parts.push(this.#words(OWN, this.#serial++, left));
    return parts.join(" ");
  }

  #words(kind: number, number: number, count: number): string {
    const random = new RandomStream(this.#seed + kind * 2 ** 40, number);
    return Array.from({ length: count }, () => WORDS[random.below(WORDS.length)]).join(" ");
  }
}
