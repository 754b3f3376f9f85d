import { assert } from "../assert.ts";
import type { Automaton, State } from "./automaton.ts";
import type { MaskCache } from "./mask-cache.ts";
import type { TokenMask } from "../token-mask.ts";

/** One accepted id: the state behind it, and what was before. Shared by forks, never changed. */
interface Step {
  readonly state: State;
  /** A stop id was accepted: nothing follows. */
  readonly ended: boolean;
  readonly before: Step | null;
}

/** Follows one sequence through the states of a grammar. */
export class GrammarMask implements TokenMask {
  readonly #automaton: Automaton;
  readonly #masks: MaskCache;
  #last: Step;

  constructor(
    automaton: Automaton,
    masks: MaskCache,
    last: Step = { state: automaton.start, ended: false, before: null },
  ) {
    this.#automaton = automaton;
    this.#masks = masks;
    this.#last = last;
  }

  fill(words: Int32Array): boolean {
    words.set(this.#masks.maskOf(this.#last.state));
    return true;
  }

  accept(id: number): boolean {
    if (this.#last.ended) return false;
    const { state } = this.#last;
    const ended = this.#masks.stopTokenIds.has(id);
    const next = ended ? (state.accepting ? state : null) : this.#read(state, this.#masks.trie.tokenBytes(id));
    if (next === null) return false;
    this.#last = { state: next, ended, before: this.#last };
    return true;
  }

  rollback(count: number): void {
    for (let i = 0; i < count; i++) {
      assert(this.#last.before !== null, "a mask cannot forget more ids than it has accepted");
      this.#last = this.#last.before;
    }
  }

  fork(): TokenMask {
    return new GrammarMask(this.#automaton, this.#masks, this.#last);
  }

  get isDone(): boolean {
    return this.#last.ended || (this.#last.state.accepting && this.#last.state.heads.length === 0);
  }

  forcedTokens(limit: number): number[] {
    const { trie } = this.#masks;
    const bytes = this.forcedBytes(limit * trie.maxDepth);
    const ids: number[] = [];
    for (let at = 0; at < bytes.length && ids.length < limit;) {
      const id = trie.longestToken(bytes, at);
      if (id < 0) break;
      ids.push(id);
      at += trie.tokenBytes(id).length;
    }
    return ids;
  }

  /** Bytes that every allowed continuation begins with, at most `limit`. */
  forcedBytes(limit: number): Uint8Array {
    const bytes: number[] = [];
    let { state } = this.#last;
    while (bytes.length < limit && !state.accepting) {
      const only = this.#automaton.onlyByte(state);
      if (only < 0) break;
      bytes.push(only);
      state = this.#automaton.step(state, only)!;
    }
    return Uint8Array.from(bytes);
  }

  #read(from: State, bytes: Uint8Array): State | null {
    if (bytes.length === 0) return null;
    let state: State | null = from;
    for (let i = 0; i < bytes.length && state !== null; i++) state = this.#automaton.step(state, bytes[i]);
    return state;
  }
}
