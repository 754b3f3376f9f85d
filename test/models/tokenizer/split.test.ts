import * as fc from "fast-check";
import { expect, test } from "vitest";
import { parsePattern } from "../../../src/models/tokenizer/pattern.ts";
import { parseBehavior, split, type SplitBehavior } from "../../../src/models/tokenizer/split.ts";

const words = parsePattern({ Regex: "\\w+|[^\\w\\s]+" }, "test");

function pieces(text: string, spans: readonly number[]): string[] {
  return Array.from({ length: spans.length / 2 }, (_, i) => text.slice(spans[i * 2], spans[i * 2 + 1]));
}

// The cases of the Rust library's own tests (pre_tokenizers/split.rs).
test.each<[SplitBehavior, string[]]>([
  ["Removed", ["How", "are", "you", "doing", "?"]],
  ["Isolated", ["How", " ", "are", " ", "you", " ", "doing", "?"]],
  ["MergedWithPrevious", ["How ", "are ", "you ", "doing", "?"]],
  ["MergedWithNext", ["How", " are", " you", " doing", "?"]],
  ["Contiguous", ["How", " ", "are", " ", "you", " ", "doing?"]],
])("%s, inverted", (behavior, expected) => {
  const text = "How are you doing?";
  expect(pieces(text, split(text, words, { behavior, invert: true }))).toEqual(expected);
});

// normalizer.rs of the Rust library: "The-final--countdown".
test.each<[SplitBehavior, string[]]>([
  ["Removed", ["The", "final", "countdown"]],
  ["Isolated", ["The", "-", "final", "-", "-", "countdown"]],
  ["MergedWithPrevious", ["The-", "final-", "-", "countdown"]],
  ["MergedWithNext", ["The", "-final", "-", "-countdown"]],
  ["Contiguous", ["The", "-", "final", "--", "countdown"]],
])("%s at each dash", (behavior, expected) => {
  const text = "The-final--countdown";
  expect(pieces(text, split(text, parsePattern({ String: "-" }, "test"), { behavior }))).toEqual(expected);
});

test("an empty match parts its neighbours", () => {
  const pattern = parsePattern({ Regex: "a*" }, "test");
  expect(pieces("xyaz", split("xyaz", pattern, { behavior: "Contiguous" }))).toEqual(["x", "y", "a", "z"]);
});

test("pieces put together are the text, unless matches are removed", () => {
  const behaviors = fc.constantFrom<SplitBehavior>("Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous");
  const law = fc.property(fc.string({ unit: "grapheme" }), behaviors, fc.boolean(), (text, behavior, invert) => {
    const found = pieces(text, split(text, words, { behavior, invert }));
    expect(found.join("")).toBe(text);
    expect(found).not.toContain("");
  });
  fc.assert(law);
});

test("another behavior is refused", () =>
  expect(() => parseBehavior("Merged", "Split")).toThrow(
    'tokenizer.json: Split: behavior "Merged" is not implemented',
  ));
