import { InvalidModelError } from "../../errors.ts";
import { excerpt } from "../../json.ts";
import { mergeAll } from "./merge.ts";
import type { FindMerge } from "./pair-table.ts";
import { byteIds, type TokenModel } from "./token-model.ts";

/** Byte-pair encoding, as `BPE` of the Rust library. */
export interface BpeOptions {
  readonly tokens: readonly (string | undefined)[];
  /** Ids by token, without those that no text may become. */
  readonly vocab: ReadonlyMap<string, number>;
  readonly find: FindMerge;
  readonly unknownId: number | null;
  /** Unknown characters in a row are one unknown token. */
  readonly fuseUnknown: boolean;
  readonly byteFallback: boolean;
  /** A piece that is a token is taken whole, merges or not. */
  readonly ignoreMerges: boolean;
  readonly continuingPrefix: string;
  readonly endSuffix: string;
}

/** Words whose ids are kept, and how long they are at most: the Rust library's cache has 10,000. */
const MAX_CACHED_WORDS = 16_384;
const MAX_CACHED_LENGTH = 64;

export class Bpe implements TokenModel {
  readonly tokens: readonly (string | undefined)[];
  readonly #options: BpeOptions;
  readonly #cutsBeforeSpaces: boolean;
  readonly #cache = new Map<string, Int32Array>();

  constructor(options: BpeOptions) {
    this.#options = options;
    this.tokens = options.tokens;
    this.#cutsBeforeSpaces = cutsBeforeSpaces(options);
  }

  encode(piece: string, ids: number[]): void {
    if (!this.#cutsBeforeSpaces) return this.#encodeWord(piece, ids);
    let start = 0;
    for (let at = 1; at <= piece.length; at++) {
      if (at < piece.length && (piece[at] !== "▁" || piece[at - 1] === "▁")) continue;
      this.#encodeWord(piece.slice(start, at), ids);
      start = at;
    }
  }

  #encodeWord(word: string, ids: number[]): void {
    const cached = this.#cache.get(word);
    const found = cached ?? this.#idsOf(word);
    for (let i = 0; i < found.length; i++) ids.push(found[i]);
    if (cached !== undefined || word.length > MAX_CACHED_LENGTH) return;
    if (this.#cache.size >= MAX_CACHED_WORDS) this.#cache.clear();
    this.#cache.set(word, found);
  }

  #idsOf(word: string): Int32Array {
    const { ignoreMerges, vocab, find } = this.#options;
    const whole = ignoreMerges ? vocab.get(word) : undefined;
    if (whole !== undefined) return Int32Array.of(whole);
    const symbols = Int32Array.from(this.#symbolsOf(word));
    return symbols.slice(0, mergeAll(symbols, symbols.length, find));
  }

  /** A symbol for each character: its token, its bytes, or the unknown one. An unknown one waits for others to be fused with, even behind bytes: the Rust library's order. */
  #symbolsOf(word: string): number[] {
    const { vocab, byteFallback, fuseUnknown, unknownId, continuingPrefix, endSuffix } = this.#options;
    const symbols: number[] = [];
    let pending = false;
    let at = 0;
    for (const character of word) {
      const text = (at === 0 ? "" : continuingPrefix) + character + (at + character.length === word.length ? endSuffix : "");
      at += character.length;
      const id = vocab.get(text);
      if (id === undefined) {
        const bytes = byteFallback ? byteIds(vocab, text) : null;
        if (bytes !== null) {
          for (const byte of bytes) symbols.push(byte);
          continue;
        }
        if (unknownId === null) throw new InvalidModelError(`tokenizer.json: ${excerpt(text)} has no id, and there is no unk_token`);
      }
      if (pending && !(id === undefined && fuseUnknown)) symbols.push(unknownId!);
      pending = id === undefined;
      if (id !== undefined) symbols.push(id);
    }
    if (pending) symbols.push(unknownId!);
    return symbols;
  }
}

/**
 * Whether a text may be cut before each "▁" that follows another character: no token has it inside, so no merge crosses such a
 * place. The whole text of a SentencePiece-like model is then encoded word by word, with the same ids.
 */
function cutsBeforeSpaces({ tokens, vocab, ignoreMerges, continuingPrefix, endSuffix }: BpeOptions): boolean {
  if (ignoreMerges || continuingPrefix !== "" || endSuffix !== "" || !vocab.has("▁")) return false;
  return !tokens.some((token) => token !== undefined && /[^▁]▁/.test(token));
}
