import * as fc from "fast-check";
import { expect, test } from "vitest";
import { Trie } from "../../../src/models/tokenizer/trie.ts";

test("finds each string at each place, shortest first", () => {
  const unit = fc.constantFrom("a", "b", "🙂");
  const law = fc.property(
    fc.uniqueArray(fc.string({ unit, minLength: 1, maxLength: 4 })),
    fc.string({ unit, maxLength: 12 }),
    (words, text) => {
      const trie = new Trie();
      for (const [value, word] of words.entries()) trie.add(word, value);
      for (let at = 0; at < text.length; at++) {
        const found: number[] = [];
        trie.matchesAt(text, at, (value, end) => {
          expect(text.slice(at, end)).toBe(words[value]);
          found.push(value);
        });
        const expected = words
          .map((word, value) => ({ word, value }))
          .filter(({ word }) => text.startsWith(word, at))
          .sort((a, b) => a.word.length - b.word.length);
        expect(found).toEqual(expected.map(({ value }) => value));
      }
    },
  );
  fc.assert(law);
});
