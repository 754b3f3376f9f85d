import { Automaton } from "./automaton.ts";
import type { Expression } from "./expression.ts";
import { GrammarMask } from "./grammar-mask.ts";
import { MaskCache } from "./mask-cache.ts";
import type { TokenMask } from "../token-mask.ts";
import type { TokenTrie } from "./token-trie.ts";

/**
 * An expression compiled for a vocabulary. Sequences share its states and masks; each takes a mask of its own from
 * `mask()`.
 * Ids of `stopTokenIds` are allowed where the text is complete.
 */
export class Grammar {
  readonly #automaton: Automaton;
  readonly #masks: MaskCache;

  /** Throws `ConstraintError` where the expression is too large or matches no text. */
  constructor(expression: Expression, trie: TokenTrie, stopTokenIds: readonly number[]) {
    this.#automaton = new Automaton(expression);
    this.#masks = new MaskCache(this.#automaton, trie, stopTokenIds);
  }

  /** A mask for a sequence that has produced nothing. */
  mask(): TokenMask {
    return new GrammarMask(this.#automaton, this.#masks);
  }

  /** True where the whole text matches. */
  matches(text: string | Uint8Array): boolean {
    let state = this.#automaton.start;
    for (const byte of typeof text === "string" ? new TextEncoder().encode(text) : text) {
      const next = this.#automaton.step(state, byte);
      if (next === null) return false;
      state = next;
    }
    return state.accepting;
  }
}
