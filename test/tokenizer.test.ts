import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseTokenizer } from "../src/models/tokenizer.ts";
import { decodeTokenBytes, IncrementalDetokenizer, type Tokenizer } from "../src/tokenizer.ts";
import { byteFallbackTokenizerJson, byteLevelTokenizerJson } from "./support/tokenizer-files.ts";
import { allTokenizers } from "./support/tokenizers.ts";

/** Ids of the whole vocabulary, and some that are outside it. */
function anyIds(tokenizer: Tokenizer, maxLength = 40): fc.Arbitrary<number[]> {
  return fc.array(
    fc.oneof({ weight: 30, arbitrary: fc.nat(tokenizer.vocabSize - 1) }, { weight: 1, arbitrary: fc.integer() }),
    { maxLength },
  );
}

function pushAll(detokenizer: IncrementalDetokenizer, ids: readonly number[]): string {
  return ids.map((id) => detokenizer.push(id)).join("");
}

describe.each(allTokenizers())("the pieces of %s", (_, json) => {
  const tokenizer = parseTokenizer(json);

  test("put together are the whole decode, for any ids", () => {
    const law = fc.property(anyIds(tokenizer), (ids) => {
      const detokenizer = new IncrementalDetokenizer(tokenizer);
      expect(pushAll(detokenizer, ids) + detokenizer.end()).toBe(tokenizer.decode(ids));
    });
    fc.assert(law, { numRuns: 300 });
  });

  test("after a context are what the whole has beyond it", () => {
    const law = fc.property(anyIds(tokenizer), anyIds(tokenizer), (context, ids) => {
      const before = pushAll(new IncrementalDetokenizer(tokenizer), context);
      const detokenizer = new IncrementalDetokenizer(tokenizer, context);
      expect(before + pushAll(detokenizer, ids) + detokenizer.end()).toBe(tokenizer.decode([...context, ...ids]));
    });
    fc.assert(law, { numRuns: 300 });
  });

  test("of a well-formed text are never half a character", () => {
    const law = fc.property(fc.string({ unit: fc.constantFrom("é", "🦙", " ", "the", "\u{feff}", "\n") }), (text) => {
      const detokenizer = new IncrementalDetokenizer(tokenizer);
      const pieces = tokenizer.encode(text).map((id) => detokenizer.push(id));
      expect(pieces.some((piece) => /[\p{Surrogate}\u{fffd}]/u.test(piece))).toBe(false);
      expect(detokenizer.end()).toBe("");
    });
    fc.assert(law, { numRuns: 300 });
  });
});

describe("IncrementalDetokenizer", () => {
  const byteLevel = parseTokenizer(byteLevelTokenizerJson());
  const byteFallback = parseTokenizer(byteFallbackTokenizerJson());
  const piecesOf = (tokenizer: Tokenizer, ids: readonly number[]): string[] => {
    const detokenizer = new IncrementalDetokenizer(tokenizer);
    return [...ids.map((id) => detokenizer.push(id)), detokenizer.end()];
  };
  /** Id of a byte: behind 3 added tokens in both. */
  const byte = (value: number): number => 3 + value;

  test.each([
    ["byte-level", byteLevel],
    ["byte-fallback", byteFallback],
  ])("holds the bytes of a character back until it is whole (%s)", (_, tokenizer) => {
    expect(piecesOf(tokenizer, [0xf0, 0x9f, 0xa6, 0x99].map(byte))).toEqual(["", "", "", "🦙", ""]);
    expect(piecesOf(tokenizer, [0xf0, 0x9f, 0xa6].map(byte))).toEqual(["", "", "", "\u{fffd}"]);
    expect(piecesOf(tokenizer, [0xf0, 0x9f, 0x41].map(byte))).toEqual(["", "", "\u{fffd}A", ""]);
    expect(piecesOf(tokenizer, [0x80, 0x80, 0x80].map(byte))).toEqual(["\u{fffd}", "\u{fffd}", "\u{fffd}", ""]);
  });

  test("keeps a byte order mark", () => {
    expect(piecesOf(byteFallback, [0xef, 0xbb, 0xbf, 0x41].map(byte))).toEqual(["", "", "\u{feff}", "A", ""]);
  });

  test("drops the leading space that encode put there, once, and not after a context", () => {
    const ids = byteFallback.encode(" the the").slice(1);
    expect(byteFallback.decode(ids)).toBe(" the the");
    expect(pushAll(new IncrementalDetokenizer(byteFallback), ids.slice(1))).toBe("the the");
    expect(pushAll(new IncrementalDetokenizer(byteFallback, [1]), ids.slice(1))).toBe("the the");
    expect(pushAll(new IncrementalDetokenizer(byteFallback, ids), ids)).toBe("  the the");
  });

  test("completes a character that its context began", () => {
    const detokenizer = new IncrementalDetokenizer(byteLevel, [byte(0xc3)]);
    expect(detokenizer.push(byte(0xa9))).toBe("é");
  });

  test("may drop several leading spaces, over several tokens", () => {
    const two: Tokenizer = { ...byteLevel, droppedLeadingSpaces: 2 };
    expect(piecesOf(two, [0x20, 0x20, 0x20, 0x41].map(byte))).toEqual(["", "", " ", "A", ""]);
    expect(piecesOf(two, [0x20, 0x41, 0x20].map(byte))).toEqual(["", "A", " ", ""]);
  });

  test("skips special and unknown ids, and shows other added tokens", () => {
    expect(piecesOf(byteLevel, [0, 2, 1, -1, 1e9, 0.5])).toEqual(["", "<tool é>", "", "", "", "", ""]);
  });
});

test("decodeTokenBytes of nothing is nothing", () => {
  expect(decodeTokenBytes(parseTokenizer(byteFallbackTokenizerJson()), [])).toBe("");
});
