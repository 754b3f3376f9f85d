import { ConstraintError } from "../errors.ts";
import type { Automaton, State } from "./automaton.ts";
import { allowInMask, maskWordCount } from "../token-mask.ts";
import type { TokenTrie } from "./token-trie.ts";

/** Bytes of masks that a grammar keeps: 2,000 states at a vocabulary of 256k. */
const MAX_MASK_BYTES = 64 * 1024 * 1024;

/** The mask of each state that was asked for, in bounded memory: at the limit all are dropped. */
export class MaskCache {
  readonly trie: TokenTrie;
  readonly stopTokenIds: ReadonlySet<number>;
  readonly #automaton: Automaton;
  readonly #maxMasks: number;
  readonly #masks = new Map<State, Int32Array>();
  /** [longest token + 1] state behind each prefix of the node that is visited. */
  readonly #path: (State | null)[];

  constructor(automaton: Automaton, trie: TokenTrie, stopTokenIds: readonly number[]) {
    this.#automaton = automaton;
    this.trie = trie;
    this.stopTokenIds = new Set(stopTokenIds);
    this.#path = new Array<State | null>(trie.maxDepth + 1).fill(null);
    this.#maxMasks = Math.max(1, Math.floor(MAX_MASK_BYTES / (4 * maskWordCount(trie.vocabSize))));
  }

  /** Allowed ids of the state, read-only. Throws `ConstraintError` where there are none. */
  maskOf(state: State): Int32Array {
    const known = this.#masks.get(state);
    if (known !== undefined) return known;
    if (this.#masks.size >= this.#maxMasks) this.#masks.clear();
    const words = new Int32Array(maskWordCount(this.trie.vocabSize));
    const allowed = this.#allowTokens(state, words) + this.#allowStops(state, words);
    if (allowed === 0) {
      throw new ConstraintError("no token of the vocabulary continues the text as its grammar demands");
    }
    this.#masks.set(state, words);
    return words;
  }

  /** One pass over the trie; a subtree is skipped where no match goes on. Returns how many ids are allowed. */
  #allowTokens(state: State, words: Int32Array): number {
    const { bytes, depths, ends, tokenStarts, tokenIds, nodeCount } = this.trie;
    const path = this.#path;
    path[0] = state;
    let allowed = 0;
    for (let node = 1; node < nodeCount;) {
      const depth = depths[node];
      const next = this.#automaton.step(path[depth - 1]!, bytes[node]);
      if (next === null) {
        node = ends[node];
        continue;
      }
      path[depth] = next;
      for (let i = tokenStarts[node]; i < tokenStarts[node + 1]; i++) allowInMask(words, tokenIds[i]);
      allowed += tokenStarts[node + 1] - tokenStarts[node];
      node++;
    }
    return allowed;
  }

  #allowStops(state: State, words: Int32Array): number {
    if (!state.accepting) return 0;
    for (const id of this.stopTokenIds) allowInMask(words, id);
    return this.stopTokenIds.size;
  }
}
