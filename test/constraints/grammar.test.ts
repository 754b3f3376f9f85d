import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { byteRange, choice, literal, literals, repeat, rule, sequence } from "../../src/constraints/expression.ts";
import { Grammar } from "../../src/constraints/grammar.ts";
import { regex } from "../../src/constraints/regex.ts";
import { maskWordCount } from "../../src/token-mask.ts";
import { TokenTrie } from "../../src/constraints/token-trie.ts";
import { AssertionError } from "../../src/assert.ts";
import { ConstraintError } from "../../src/errors.ts";
import { STOP_ID, allowedIds, byteGrammar } from "../support/constraints/byte-vocabulary.ts";

const encoder = new TextEncoder();

function trieOf(tokens: readonly string[]): TokenTrie {
  return new TokenTrie({ vocabSize: tokens.length, tokenBytes: (id) => encoder.encode(tokens[id]) });
}

function allowed(grammar: Grammar, vocabSize: number, ids: readonly number[] = []): number[] {
  const mask = grammar.mask();
  for (const id of ids) expect(mask.accept(id)).toBe(true);
  const words = new Int32Array(maskWordCount(vocabSize)).fill(-1);
  expect(mask.fill(words)).toBe(true);
  return allowedIds(words, vocabSize);
}

describe("a mask", () => {
  // "" is a special token: it has no bytes.
  const tokens = ["a", "ab", "abc", "b", "bc", "c", "", "abcd", "a"];
  const grammar = new Grammar(regex("(?:abc)+"), trieOf(tokens), [6]);

  test("allows the tokens that some match begins with, duplicates too, and the stop id at its end", () => {
    expect(allowed(grammar, tokens.length)).toEqual([0, 1, 2, 8]);
    expect(allowed(grammar, tokens.length, [0])).toEqual([3, 4]);
    expect(allowed(grammar, tokens.length, [0, 4])).toEqual([0, 1, 2, 6, 8]);
  });

  test("does not change where it refuses an id", () => {
    const mask = grammar.mask();
    expect(mask.accept(3)).toBe(false);
    expect(mask.accept(6)).toBe(false);
    expect(mask.accept(2)).toBe(true);
    expect(mask.accept(6)).toBe(true);
    expect([mask.isDone, mask.accept(0)]).toEqual([true, false]);
  });

  test("goes back, also over a stop id", () => {
    const mask = grammar.mask();
    for (const id of [2, 0, 4, 6]) mask.accept(id);
    mask.rollback(2);
    expect([mask.isDone, mask.accept(4)]).toEqual([false, true]);
    expect(() => mask.rollback(9)).toThrow(AssertionError);
  });

  test("is apart from its forks", () => {
    const mask = grammar.mask();
    mask.accept(0);
    const fork = mask.fork();
    fork.accept(4);
    expect([mask.accept(5), fork.accept(0)]).toEqual([false, true]);
    fork.rollback(3);
    expect(mask.accept(3)).toBe(true);
  });

  test("is done where only a stop id may follow", () => {
    const mask = byteGrammar(literal("x")).mask();
    expect(mask.isDone).toBe(false);
    mask.accept(0x78);
    expect(mask.isDone).toBe(true);
  });

  test("tells what is forced, up to a choice, a complete match or the limit", () => {
    const mask = byteGrammar(sequence(literal("abc"), choice(literal("d"), literal("e")))).mask();
    expect([...mask.forcedTokens(99)]).toEqual([...encoder.encode("abc")]);
    expect([...mask.forcedTokens(2)]).toEqual([...encoder.encode("ab")]);
    expect([
      ...byteGrammar(sequence(literal("a"), repeat(literal("b"), 0, 9)))
        .mask()
        .forcedTokens(9),
    ]).toEqual([0x61]);
  });

  test("names a vocabulary that cannot go on", () => {
    const stuck = new Grammar(literal("aq"), trieOf(["a", "b"]), [1]).mask();
    stuck.accept(0);
    expect(() => stuck.fill(new Int32Array(1))).toThrow(ConstraintError);
  });
});

test("a mask equals trying every token, for random vocabularies and patterns", () => {
  const token = fc.string({ unit: fc.constantFrom("a", "b", "c", "é", "\n"), maxLength: 4 });
  const pattern = fc.constantFrom("(?:ab|a)*c?", "[^b]{2,5}", "a{3}|é+", "(?:(?:a|b)c){0,3}", ".*", "(?:aa?){1,4}b");
  fc.assert(
    fc.property(
      fc.array(token, { minLength: 1, maxLength: 50 }),
      pattern,
      fc.string({ unit: fc.constantFrom(..."abcé"), maxLength: 4 }),
      (tokens, source, text) => {
        const all = [...tokens, ...text];
        const grammar = new Grammar(regex(source), trieOf(all), []);
        const mask = grammar.mask();
        let accepted = "";
        for (let id = tokens.length; id < all.length && mask.accept(id); id++) accepted += all[id];
        const words = new Int32Array(maskWordCount(all.length));
        const open = all.flatMap((next, id) => (mask.fork().accept(id) && next !== "" ? [id] : []));
        if (open.length === 0) expect(() => mask.fill(words)).toThrow(ConstraintError);
        else {
          mask.fill(words);
          expect(allowedIds(words, all.length), accepted).toEqual(open);
        }
      },
    ),
  );
});

test("literals are any of the texts", () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.string(), { minLength: 1 }), fc.string(), (texts, other) => {
      const grammar = byteGrammar(literals(texts));
      for (const text of [...texts, other, `${texts[0]}x`]) {
        const wellFormed = new TextDecoder().decode(encoder.encode(text));
        expect(grammar.matches(text)).toBe(
          texts.some((known) => new TextDecoder().decode(encoder.encode(known)) === wellFormed),
        );
      }
    }),
  );
});

describe("recursion", () => {
  const nested = rule("nested");
  nested.body = choice(literal("x"), sequence(literal("("), nested, literal(")")));

  test("is followed to its end", () => {
    const grammar = byteGrammar(nested);
    expect(grammar.matches(`${"(".repeat(50)}x${")".repeat(50)}`)).toBe(true);
    expect(grammar.matches(`${"(".repeat(50)}x${")".repeat(49)}`)).toBe(false);
  });

  test("ends in time: a level is opened only where it can be closed", () => {
    const mask = byteGrammar(nested).mask();
    let levels = 0;
    while (mask.accept(0x28)) levels++;
    expect(levels).toBeGreaterThan(64);
    expect(mask.accept(0x78)).toBe(true);
    for (let i = 0; i < levels; i++) expect(mask.accept(0x29)).toBe(true);
    expect(mask.isDone).toBe(true);
  });

  test("on the left is followed, too; recursion without end matches nothing", () => {
    const left = rule("left");
    left.body = choice(literal("a"), sequence(left, literal("b")));
    expect(byteGrammar(left).matches("abbb")).toBe(true);
    const endless = rule("endless");
    endless.body = sequence(literal("a"), endless);
    expect(() => byteGrammar(endless)).toThrow(/no text matches/);
  });
});

test("a grammar beyond 10,000 parts is refused when it is made", () => {
  const parts = Array.from({ length: 10_001 }, () => choice(byteRange(0, 1), byteRange(3, 4)));
  expect(() => byteGrammar(sequence(...parts))).toThrow(/at most 10000/);
});

test("states beyond the limit are made again", () => {
  const grammar = byteGrammar(repeat(byteRange(0x61, 0x62), 0, 30_000));
  const mask = grammar.mask();
  for (let i = 0; i < 30_000; i++) expect(mask.accept(0x61)).toBe(true);
  expect([mask.accept(0x61), mask.accept(STOP_ID)]).toEqual([false, true]);
});
