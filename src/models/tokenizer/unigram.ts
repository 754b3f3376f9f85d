import { InvalidModelError } from "../../errors.ts";
import { describe, excerpt, type JsonObject } from "../../json.ts";
import { byteIds, type TokenModel } from "./token-model.ts";
import { Trie } from "./trie.ts";

/** What an unknown character costs beside the worst token (`kUnkPenalty` of SentencePiece). */
const UNKNOWN_PENALTY = 10;

/**
 * The model "Unigram": of all ways to cut a piece into tokens the one of the greatest sum of scores (Viterbi), as
 * `encode_optimized` of the Rust library, which takes SentencePiece's. Unknown characters in a row are one unknown
 * token, or with byte fallback their bytes.
 */
export class Unigram implements TokenModel {
  readonly tokens: readonly string[];
  readonly #scores: Float64Array;
  readonly #trie = new Trie();
  readonly #vocab = new Map<string, number>();
  readonly #unknownId: number | null;
  readonly #unknownScore: number;
  readonly #byteFallback: boolean;

  constructor(model: JsonObject, controlIds: ReadonlySet<number>) {
    const entries = readVocab(model["vocab"]);
    this.tokens = entries.map(([token]) => token);
    this.#scores = Float64Array.from(entries, ([, score]) => score);
    for (const [id, token] of this.tokens.entries()) this.#vocab.set(token, id);
    for (const [token, id] of this.#vocab) if (!controlIds.has(id)) this.#trie.add(token, id);
    this.#unknownScore =
      this.#scores.reduce((least, score) => Math.min(least, score), Number.POSITIVE_INFINITY) - UNKNOWN_PENALTY;
    this.#unknownId = readUnknownId(model["unk_id"] ?? null, entries.length);
    this.#byteFallback = model["byte_fallback"] === true;
  }

  encode(piece: string, ids: number[]): void {
    const { starts, best } = this.#bestPath(piece);
    const ends: number[] = [];
    for (let end = piece.length; end > 0; end = starts[end]) ends.push(end);
    let unknownFrom = -1;
    for (let i = ends.length - 1; i >= 0; i--) {
      const end = ends[i];
      const isUnknown = best[end] < 0;
      if (isUnknown && unknownFrom < 0) unknownFrom = starts[end];
      if (!isUnknown) ids.push(best[end]);
      const next = i > 0 ? best[ends[i - 1]] : 0;
      if (!isUnknown || next < 0) continue;
      this.#pushUnknown(piece.slice(unknownFrom, end), ids);
      unknownFrom = -1;
    }
  }

  /**
   * For each place the start and the id of the token that the best path to it ends with; -1 for an unknown character.
   */
  #bestPath(piece: string): { starts: Int32Array; best: Int32Array } {
    const starts = new Int32Array(piece.length + 1).fill(-1);
    const best = new Int32Array(piece.length + 1).fill(-1);
    const sums = new Float64Array(piece.length + 1);
    const offer = (start: number, end: number, id: number, score: number): void => {
      const sum = sums[start] + score;
      if (starts[end] >= 0 && sum <= sums[end]) return;
      sums[end] = sum;
      starts[end] = start;
      best[end] = id;
    };
    for (let at = 0; at < piece.length;) {
      const next = at + (piece.codePointAt(at)! > 0xffff ? 2 : 1);
      let whole = false;
      this.#trie.matchesAt(piece, at, (id, end) => {
        offer(at, end, id, this.#scores[id]);
        whole ||= end === next;
      });
      if (!whole) offer(at, next, -1, this.#unknownScore);
      at = next;
    }
    return { starts, best };
  }

  #pushUnknown(text: string, ids: number[]): void {
    const bytes = this.#byteFallback ? byteIds(this.#vocab, text) : null;
    if (bytes !== null) ids.push(...bytes);
    else if (this.#unknownId !== null) ids.push(this.#unknownId);
    else throw new InvalidModelError(`tokenizer.json: ${excerpt(text)} has no id, and there is no unk_id`);
  }
}

function readVocab(vocab: unknown): readonly (readonly [string, number])[] {
  if (!Array.isArray(vocab) || vocab.length === 0) {
    throw new InvalidModelError(`tokenizer.json: model.vocab must be a list, ${describe(vocab)}`);
  }
  const bad: unknown = vocab.find(
    (entry: unknown) =>
      !Array.isArray(entry) || typeof entry[0] !== "string" || entry[0] === "" || !Number.isFinite(entry[1]),
  );
  if (bad !== undefined) {
    throw new InvalidModelError(`tokenizer.json: model.vocab has ${excerpt(bad)}, expected a token and its score`);
  }
  return vocab as [string, number][];
}

function readUnknownId(id: unknown, size: number): number | null {
  if (id === null || (Number.isInteger(id) && (id as number) >= 0 && (id as number) < size)) return id as number | null;
  throw new InvalidModelError(`tokenizer.json: unk_id must be an id below ${size}, got ${excerpt(id)}`);
}
