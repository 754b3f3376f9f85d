import { Grammar } from "../../../src/constraints/grammar.ts";
import type { Expression } from "../../../src/constraints/expression.ts";
import { TokenTrie } from "../../../src/constraints/token-trie.ts";
import type { SeededRandom } from "../../../src/testing/seeded-random.ts";
import { maskAllows, maskWordCount } from "../../../src/token-mask.ts";

/** The stop id of `byteTrie`: its 256 other ids are bytes. */
export const STOP_ID = 256;

/** A vocabulary of single bytes, and a stop id. */
export const byteTrie = new TokenTrie({
  vocabSize: 257,
  tokenBytes: (id) => (id < STOP_ID ? Uint8Array.of(id) : new Uint8Array(0)),
});

export function byteGrammar(expression: Expression): Grammar {
  return new Grammar(expression, byteTrie, [STOP_ID]);
}

/** Ids that the mask allows. */
export function allowedIds(words: Int32Array, vocabSize: number): number[] {
  return Array.from({ length: vocabSize }, (_, id) => id).filter((id) => maskAllows(words, id));
}

/**
 * A text that the grammar lets a careless model write: random allowed ids, up to the stop id. Quotes and brackets that
 * close come more often, so that texts end. Null where it has not ended after `limit` ids.
 */
export function randomText(grammar: Grammar, random: SeededRandom, limit = 600): string | null {
  const mask = grammar.mask();
  const words = new Int32Array(maskWordCount(byteTrie.vocabSize));
  const bytes: number[] = [];
  const pick = (ids: readonly number[]) => random.pick(ids);
  while (bytes.length < limit) {
    mask.fill(words);
    const ids = allowedIds(words, byteTrie.vocabSize);
    if (ids.includes(STOP_ID) && (ids.length === 1 || random.chance(0.5))) {
      return new TextDecoder().decode(Uint8Array.from(bytes));
    }
    const closing = ids.filter((id) => '"]}'.includes(String.fromCharCode(id)));
    const plain = ids.filter((id) => id >= 0x20 && id < 0x7f);
    const hurry = closing.length > 0 && random.chance(bytes.length > limit / 3 ? 0.9 : 0.35);
    const id = pick(
      hurry ? closing : plain.length > 0 && random.chance(0.9) ? plain : ids.filter((other) => other !== STOP_ID),
    );
    if (!mask.accept(id)) throw new Error(`the mask allows ${id} and does not accept it`);
    bytes.push(id);
  }
  return null;
}
