import { expect, test } from "vitest";
import { InvalidModelError, UnsupportedModelError } from "../../../src/errors.ts";
import { parsePreTokenizer } from "../../../src/models/tokenizer/pre-tokenizers.ts";

const cut = (config: unknown, text: string, first = true): string[] =>
  parsePreTokenizer(config)({ text, first }).map((piece) => piece.text);

// What the documentation and the tests of the Rust library say of each kind.
test.each<[string, unknown, string, string[]]>([
  ["none", null, "a b", ["a b"]],
  ["ByteLevel", { type: "ByteLevel", add_prefix_space: false }, "Hello my 2 é's", ["Hello", "Ġmy", "Ġ2", "ĠÃ©", "'s"]],
  ["ByteLevel with a space in front", { type: "ByteLevel", add_prefix_space: true }, "Hello", ["ĠHello"]],
  ["ByteLevel without its pattern", { type: "ByteLevel", add_prefix_space: false, use_regex: false }, "a b", ["aĠb"]],
  [
    "ByteLevel: a next line is white space, a byte order mark is not",
    { type: "ByteLevel", add_prefix_space: false },
    "a\u{85}b\u{feff}c",
    ["a", "Âħ", "b", "ï»¿", "c"],
  ],
  ["Whitespace", { type: "Whitespace" }, "Hey man! Größe_1 é", ["Hey", "man", "!", "Größe_1", "é"]],
  ["WhitespaceSplit", { type: "WhitespaceSplit" }, "Hey  man!\u{3000}x", ["Hey", "man!", "x"]],
  ["Punctuation", { type: "Punctuation" }, "Hey friend!! a$b", ["Hey friend", "!", "!", " a", "$", "b"]],
  ["Punctuation Removed", { type: "Punctuation", behavior: "Removed" }, "a, b…c", ["a", " b", "c"]],
  ["Punctuation Contiguous", { type: "Punctuation", behavior: "Contiguous" }, "a!? b", ["a", "!?", " b"]],
  [
    "Punctuation MergedWithPrevious",
    { type: "Punctuation", behavior: "MergedWithPrevious" },
    "a!? b",
    ["a!", "?", " b"],
  ],
  ["Punctuation MergedWithNext", { type: "Punctuation", behavior: "MergedWithNext" }, "a!? b", ["a", "!", "? b"]],
  ["Digits", { type: "Digits", individual_digits: false }, "Call 911½٣!", ["Call ", "911½٣", "!"]],
  ["Digits, individual", { type: "Digits", individual_digits: true }, "Call 91٣!", ["Call ", "9", "1", "٣", "!"]],
  ["BertPreTokenizer", { type: "BertPreTokenizer" }, "Hey friend!  a$", ["Hey", "friend", "!", "a", "$"]],
  ["CharDelimiterSplit", { type: "CharDelimiterSplit", delimiter: "+" }, "a+b++c", ["a", "b", "c"]],
  ["FixedLength", { type: "FixedLength", length: 2 }, "a🙂bcd", ["a🙂", "bc", "d"]],
  [
    "Metaspace",
    { type: "Metaspace", replacement: "▁", prepend_scheme: "always", split: true },
    "Hey  friend!",
    ["▁Hey", "▁", "▁friend!"],
  ],
  [
    "Metaspace without splitting",
    { type: "Metaspace", replacement: "▁", prepend_scheme: "always", split: false },
    "Hey friend!",
    ["▁Hey▁friend!"],
  ],
  [
    "Metaspace, never",
    { type: "Metaspace", replacement: "▁", prepend_scheme: "never" },
    "Hey friend!",
    ["Hey", "▁friend!"],
  ],
  ["Metaspace of before 2024", { type: "Metaspace", replacement: "▁", add_prefix_space: false }, "Hey", ["Hey"]],
  ["Metaspace of a text that begins with a space", { type: "Metaspace", replacement: "▁" }, " Hey", ["▁Hey"]],
  [
    "Split Removed by a string",
    { type: "Split", pattern: { String: "--" }, behavior: "Removed", invert: false },
    "a--b-c",
    ["a", "b-c"],
  ],
  [
    "Split Isolated and inverted",
    { type: "Split", pattern: { Regex: "\\w+" }, behavior: "Isolated", invert: true },
    "a  b",
    ["a", "  ", "b"],
  ],
  [
    "a sequence",
    { type: "Sequence", pretokenizers: [{ type: "WhitespaceSplit" }, { type: "Digits", individual_digits: true }] },
    "a1 22",
    ["a", "1", "2", "2"],
  ],
])("%s", (_, config, text, expected) => expect(cut(config, text)).toEqual(expected));

test("Metaspace with first prepends where the text begins, and only there", () => {
  const config = { type: "Metaspace", replacement: "▁", prepend_scheme: "first", split: false };
  expect(cut(config, "a")).toEqual(["▁a"]);
  expect(cut(config, "a", false)).toEqual(["a"]);
  expect(cut({ type: "Sequence", pretokenizers: [{ type: "WhitespaceSplit" }, config] }, "a b")).toEqual(["▁a", "b"]);
  expect(cut({ type: "Sequence", pretokenizers: [{ type: "WhitespaceSplit" }, config] }, " a b")).toEqual(["a", "b"]);
});

test("refuses by name", () => {
  expect(() => parsePreTokenizer({ type: "Metaspace", add_prefix_space: false, prepend_scheme: "always" })).toThrow(
    UnsupportedModelError,
  );
  expect(() => parsePreTokenizer({ type: "Split", pattern: { Regex: "(" }, behavior: "Isolated" })).toThrow(
    UnsupportedModelError,
  );
  expect(() => parsePreTokenizer({ type: "FixedLength", length: 0 })).toThrow(InvalidModelError);
  expect(() => parsePreTokenizer({ type: "Sequence" })).toThrow(InvalidModelError);
  expect(() => parsePreTokenizer("ByteLevel")).toThrow(InvalidModelError);
});
