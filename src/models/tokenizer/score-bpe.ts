import { Bpe } from "./bpe.ts";
import { RANK_UNIT } from "./pair-table.ts";
import { byteIds, type TokenModel } from "./token-model.ts";

/** A vocabulary whose tokens have scores. */
export interface ScoredTokens {
  readonly tokens: readonly string[];
  /** Ids by token, without those that no text may become. */
  readonly vocab: ReadonlyMap<string, number>;
  /** [tokens] */
  readonly scores: ArrayLike<number>;
  readonly unknownId: number | null;
}

/**
 * Two symbols merge where a token is their text; the greater its score, the earlier, and of equals from the left
 * (`llm_tokenizer_spm` of llama.cpp). What is left and is no token becomes its bytes. A character that is no token
 * itself may still be part of one: it is a symbol with an id behind all tokens.
 */
export function scoreBpe({ tokens, vocab, scores, unknownId }: ScoredTokens): TokenModel {
  const lone = loneCharacters(vocab);
  const symbols = [...tokens, ...lone];
  const ranks = ranksOf(scores);
  const bpe = new Bpe({
    tokens: symbols,
    vocab: new Map([...vocab, ...lone.map((character, i): [string, number] => [character, tokens.length + i])]),
    find: (left, right) => {
      const id = vocab.get(symbols[left] + symbols[right]);
      return id === undefined ? -1 : ranks[id] * RANK_UNIT + id;
    },
    unknownId,
    byteFallback: true,
    fuseUnknown: false,
    ignoreMerges: false,
    continuingPrefix: "",
    endSuffix: "",
  });
  if (lone.length === 0) return bpe;
  return {
    tokens,
    encode(piece, ids) {
      const found: number[] = [];
      bpe.encode(piece, found);
      for (const id of found) {
        if (id < tokens.length) ids.push(id);
        else ids.push(...(byteIds(vocab, symbols[id]) ?? (unknownId === null ? [] : [unknownId])));
      }
    },
  };
}

/** Characters of tokens that are no tokens. */
function loneCharacters(vocab: ReadonlyMap<string, number>): string[] {
  const found = new Set<string>();
  for (const token of vocab.keys()) {
    for (const character of token) if (!vocab.has(character)) found.add(character);
  }
  return [...found];
}

function ranksOf(scores: ArrayLike<number>): Float64Array {
  const order = [...new Set(Array.from(scores))].sort((a, b) => b - a);
  const rankOf = new Map(order.map((score, rank) => [score, rank]));
  return Float64Array.from(scores, (score) => rankOf.get(score)!);
}
