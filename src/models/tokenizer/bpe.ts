import { InvalidModelError } from "../../errors.ts";
import { excerpt } from "../../json.ts";
import { mergeAll } from "./merge.ts";
import type { FindMerge } from "./pair-table.ts";
import { byteIds, type TokenModel } from "./token-model.ts";

/** Byte-pair encoding, as `BPE` of the Rust library. */
export interface BpeOptions {
  readonly tokens: readonly (string | undefined)[];
  /** Ids by token, without tokens that no text may become. */
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
  /** [65536] ids of the tokens of one UTF-16 unit, or -1: most characters are found here, without a map. */
  readonly #unitIds = new Int32Array(65_536).fill(-1);
  readonly #cache = new Map<string, Int32Array>();

  constructor(options: BpeOptions) {
    this.#options = options;
    this.tokens = options.tokens;
    this.#cutsBeforeSpaces = cutsBeforeSpaces(options);
    const plain = options.continuingPrefix === "" && options.endSuffix === "";
    if (plain) for (const [token, id] of options.vocab) if (token.length === 1) this.#unitIds[token.charCodeAt(0)] = id;
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
    const symbols = new Int32Array(this.#symbolsOf(word));
    return symbols.slice(0, mergeAll(symbols, symbols.length, find));
  }

  /**
   * A symbol for each character: its token, its bytes, or the unknown one. An unknown one waits for others to be fused
   * with, even behind bytes: the Rust library's order.
   */
  #symbolsOf(word: string): number[] {
    const { fuseUnknown, unknownId, continuingPrefix, endSuffix } = this.#options;
    const symbols: number[] = [];
    let pending = false;
    for (let at = 0, end = 0; at < word.length; at = end) {
      let id = this.#unitIds[word.charCodeAt(at)];
      end = at + 1;
      if (id < 0) {
        end = at + (word.codePointAt(at)! > 0xffff ? 2 : 1);
        const text = (at === 0 ? "" : continuingPrefix) + word.slice(at, end) + (end === word.length ? endSuffix : "");
        const found = this.#find(text, symbols);
        if (found === null) continue;
        id = found;
      }
      const unknown = id < 0;
      if (pending && !(unknown && fuseUnknown)) symbols.push(unknownId!);
      pending = unknown;
      if (!unknown) symbols.push(id);
    }
    if (pending) symbols.push(unknownId!);
    return symbols;
  }

  /** A character's id; null where its bytes were pushed in its place, -1 where it is unknown. */
  #find(text: string, symbols: number[]): number | null {
    const { vocab, byteFallback, unknownId } = this.#options;
    const id = vocab.get(text);
    if (id !== undefined) return id;
    const bytes = byteFallback ? byteIds(vocab, text) : null;
    if (bytes !== null) {
      for (const byte of bytes) symbols.push(byte);
      return null;
    }
    if (unknownId === null) {
      throw new InvalidModelError(`tokenizer.json: ${excerpt(text)} has no id, and there is no unk_token`);
    }
    return -1;
  }
}

/**
 * Whether a text may be cut before each "▁" that follows another character: no token has it inside, so no merge crosses
 * such a place. The whole text of a SentencePiece-like model is then encoded word by word, with the same ids.
 */
function cutsBeforeSpaces({ tokens, vocab, ignoreMerges, continuingPrefix, endSuffix }: BpeOptions): boolean {
  if (ignoreMerges || continuingPrefix !== "" || endSuffix !== "" || !vocab.has("▁")) return false;
  return !tokens.some((token) => token !== undefined && /[^▁]▁/.test(token));
}
