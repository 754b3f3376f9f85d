import { expect, test, vi } from "vitest";
import { InvalidRequestError, UnsupportedModelError } from "../../../src/errors.ts";
import { KNOWN_PATTERNS } from "../../../src/models/tokenizer/known-patterns.ts";
import { parsePattern } from "../../../src/models/tokenizer/pattern.ts";

const matches = (pattern: unknown, text: string): string[] => {
  const spans = parsePattern(pattern, "test")(text);
  return Array.from({ length: spans.length / 2 }, (_, i) => text.slice(spans[i * 2], spans[i * 2 + 1]));
};

test.each<[string, string, string[]]>([
  ["a+", "caab a", ["aa", "a"]],
  ["(?i:'s|'t)", "it'S don't", ["'S", "'t"]],
  ["(?i:m)z|[A-Z]", "x I", ["I"]],
  ["a++b", "aab aac", ["aab"]],
  ["a++ab", "aaab", []],
  ["\\s", "a\u{85}b\u{feff}c", ["\u{85}"]],
  ["\\p{Han}+", "漢字かな", ["漢字"]],
  [" ?[^(\\s|[.,!?…。，、।۔،])]+", "a b, c", ["a", " b", " c"]],
  ["^a", "a\na", ["a", "a"]],
  ["x*", "axxb", ["", "xx", ""]],
])("%s in %j", (Regex, text, expected) => expect(matches({ Regex }, text)).toEqual(expected));

test("a string is no pattern", () => expect(matches({ String: "." }, "a.b")).toEqual(["."]));

test.each([
  undefined,
  {},
  { String: "" },
  { Regex: 1 },
  { Regex: "(" },
  { Regex: "\\p{Nonsense}" },
  { Regex: "a".repeat(9000) },
])("refuses %j by name", (pattern) => {
  expect(() => parsePattern(pattern, "Split")).toThrow(UnsupportedModelError);
  expect(() => parsePattern(pattern, "Split")).toThrow(/^tokenizer\.json: Split: pattern /);
});

test("one that backtracks is ended", () => {
  const pattern = parsePattern({ Regex: "(a+)+$" }, "Split");
  expect(() => pattern(`${"a".repeat(60)}b`)).toThrow(
    new InvalidRequestError("the text takes Split more than 1 s: its regular expression backtracks"),
  );
  expect(pattern("aab")).toEqual([]);
  expect(pattern("baa")).toEqual([1, 3]);
});

test("one that takes cubic time of a long text is ended too", () => {
  expect(() => parsePattern({ Regex: "a*a*a*b" }, "Split")("a".repeat(20_000))).toThrow(InvalidRequestError);
});

test("where nothing can end it, one that repeats what repeats is refused", () => {
  vi.stubGlobal("process", {});
  vi.resetModules();
  return import("../../../src/models/tokenizer/pattern.ts")
    .then(({ parsePattern: parse }) => {
      expect(() => parse({ Regex: "(a+)+$" }, "Split")).toThrow("could not be ended here");
      expect(() => parse({ Regex: "(a|aa)+$" }, "Split")).toThrow("could not be ended here");
      expect(parse({ Regex: "a+$" }, "Split")("aa")).toEqual([0, 2]);
    })
    .finally(() => vi.unstubAllGlobals());
});

test.each([...KNOWN_PATTERNS])("a published pattern takes a million characters of one kind: %s", (Regex) => {
  const pattern = parsePattern({ Regex }, "Split");
  for (const unit of [" ", "a", "A", "1", "!", "\n", "漢", "' "]) {
    expect(pattern(unit.repeat(100_000)).length).toBeGreaterThanOrEqual(0);
  }
});
