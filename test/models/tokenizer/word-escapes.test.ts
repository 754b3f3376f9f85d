import { expect, test } from "vitest";
import { parsePattern } from "../../../src/models/tokenizer/pattern.ts";
import { writeOutWords } from "../../../src/models/tokenizer/word-escapes.ts";

const matches = (Regex: string, text: string): string[] => {
  const spans = parsePattern({ Regex }, "test")(text);
  return Array.from({ length: spans.length / 2 }, (_, i) => text.slice(spans[i * 2], spans[i * 2 + 1]));
};

// As the Rust library gives them.
test.each<[string, string, string[]]>([
  ["\\w+", "a①b ½² Ⅷ_é", ["a", "b", "½²", "Ⅷ_é"]],
  ["[\\w]+", "a①b ½² Ⅷ", ["a", "b", "Ⅷ"]],
  ["[^\\w\\s]+", "a①½ b", ["①½"]],
  ["\\W+", "a① b½", ["① "]],
  ["[\\W]+", "a½ b", ["½ "]],
  ["\\ba", "①a aa", ["a", "a"]],
  ["a\\B", "aa a", ["a"]],
])("%s in %j", (pattern, text, found) => expect(matches(pattern, text)).toEqual(found));

test.each(["\\\\w", "[]a]", "[[:word:]a]", "[^]b]", "a\\", "\\p{L}", "[a[bc]]x"])("%s stays", (source) =>
  expect(writeOutWords(source)).toBe(source),
);

test("an escape behind a class is outside of it", () =>
  expect(writeOutWords("[]\\w]\\w").endsWith("}-\\x{BE}]")).toBe(true));
