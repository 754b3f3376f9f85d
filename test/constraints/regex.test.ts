import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { regex } from "../../src/constraints/regex.ts";
import { ConstraintError } from "../../src/errors.ts";
import { byteGrammar } from "../support/constraints/byte-vocabulary.ts";

const PATTERNS = [
  "abc|d+",
  "^a.c$",
  "(a|b)*c{2,3}",
  "[^a-c\\d]+x?",
  "\\w+@\\w+\\.com",
  "a{0,3}b",
  "\\p{Lu}\\p{L}*",
  "é+|[à-ü]{2}",
  "(?:ab|a)(?:c|bcd)d*",
  "^$",
  "x*?y",
  "\\u0041\\x42[\\]\\-]",
  "(?<name>a)\\s\\S",
  "[\\u{1F600}-\\u{1F64F}]",
  "^a|b$",
  "(a?){0,3}b",
  "\\cJ\\0?",
  "[^]",
  "[]|a",
  "\\ud83d\\ude00",
];

/** fast-check writes no texts for these. */
const NOT_WRITTEN = new Set(["\\cJ\\0?", "[]|a"]);

describe("a pattern matches what the runtime's RegExp matches", () => {
  for (const match of ["full", "search"] as const) {
    test.each(PATTERNS)(`${match}: %s`, (pattern) => {
      const grammar = byteGrammar(regex(pattern, { match }));
      const runtime = match === "full" ? new RegExp(`^(?:${pattern})$`, "u") : new RegExp(pattern, "u");
      const near = fc.string({
        unit: fc.constantFrom(..."abcdxyABx@.com\n é]-ü1\u0000\u2028", "😀", "🙂"),
        maxLength: 8,
      });
      const texts = fc.oneof(
        near,
        NOT_WRITTEN.has(pattern) ? near : fc.stringMatching(new RegExp(pattern, "u")),
        fc.stringMatching(/[ -~]{0,6}/),
      );
      fc.assert(
        fc.property(texts, (text) => void expect(grammar.matches(text), JSON.stringify(text)).toBe(runtime.test(text))),
      );
    });
  }
});

test.each<[string, RegExp]>([
  ["a(?=b)", /at 3: lookaround/],
  ["(?<!a)b", /lookaround/],
  ["(a)\\1", /back references/],
  ["\\bword", /\\b is not supported/],
  ["a^b", /an anchor inside the pattern/],
  ["(a$)b", /an anchor inside a group/],
  ["a$b", /unexpected "\$"|unexpected "b"/],
  ["(a", /lacks its "\)"/],
  ["a)", /unexpected "\)"/],
  ["[a", /lacks its "\]"/],
  ["*a", /nothing to repeat/],
  ["a**", /two quantifiers/],
  ["a{3,1}", /is empty/],
  ["a{999999}", /exceeds 100000/],
  ["[z-a]", /out of order/],
  ["\\q", /\\q is not an escape/],
  ["a\\", /a backslash ends/],
  ["\\p{Nope}", /not a property/],
  ["[", /lacks its/],
  ["(?i:a)", /this kind of group/],
  [`${"(".repeat(200)}a${")".repeat(200)}`, /nested more than 100 deep/],
  ["a".repeat(70_000), /at most 65536/],
  ["(?:a{100}){200}b{5000}c{5000}d", /x/],
])("%.40s is refused or bounded", (pattern, message) => {
  if (message.source === "x") {
    expect(byteGrammar(regex(pattern)).matches("a")).toBe(false);
    return;
  }
  expect(() => regex(pattern)).toThrow(message);
  expect(() => regex(pattern)).toThrow(ConstraintError);
});
