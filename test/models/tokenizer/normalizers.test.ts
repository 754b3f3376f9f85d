import { expect, test } from "vitest";
import { InvalidModelError, UnsupportedModelError } from "../../../src/errors.ts";
import { parseNormalizer } from "../../../src/models/tokenizer/normalizers.ts";

test.each<[string, unknown, string, string]>([
  ["NFC", { type: "NFC" }, "e\u{301}", "é"],
  ["NFD", { type: "NFD" }, "é", "e\u{301}"],
  ["NFKC", { type: "NFKC" }, "ﬁ①", "fi1"],
  ["NFKD", { type: "NFKD" }, "é①", "e\u{301}1"],
  ["Lowercase, character by character", { type: "Lowercase" }, "ΑΣ İ", "ας i̇".replace("ς", "σ")],
  ["Strip", { type: "Strip", strip_left: true, strip_right: true }, "\u{85} a b\t\n", "a b"],
  [
    "Strip on the left: a byte order mark is no white space",
    { type: "Strip", strip_left: true, strip_right: false },
    " \u{feff}a ",
    "\u{feff}a ",
  ],
  ["StripAccents takes marks alone", { type: "StripAccents" }, "e\u{301}é", "eé"],
  ["Prepend", { type: "Prepend", prepend: "▁" }, "a", "▁a"],
  ["Prepend to nothing", { type: "Prepend", prepend: "▁" }, "", ""],
  ["Replace by a string", { type: "Replace", pattern: { String: " " }, content: "▁" }, "a b c", "a▁b▁c"],
  [
    "Replace by a pattern; the content is no pattern",
    { type: "Replace", pattern: { Regex: " {2,}" }, content: "$&" },
    "a   b c",
    "a$&b c",
  ],
  ["ByteLevel", { type: "ByteLevel" }, " é", "ĠÃ©"],
  [
    "a sequence",
    { type: "Sequence", normalizers: [{ type: "NFD" }, { type: "StripAccents" }, { type: "Lowercase" }] },
    "ÉA",
    "ea",
  ],
])("%s", (_, config, text, expected) => expect(parseNormalizer(config)!(text)).toBe(expected));

test("none", () => expect(parseNormalizer(null)).toBeNull());

test("refuses by name", () => {
  expect(() => parseNormalizer({ type: "Precompiled" })).toThrow(
    new UnsupportedModelError('tokenizer.json: normalizer "Precompiled" is not implemented'),
  );
  expect(() => parseNormalizer({ type: "Prepend" })).toThrow(
    new InvalidModelError('tokenizer.json: normalizer "Prepend": prepend must be a string, got nothing'),
  );
  expect(() => parseNormalizer({ type: "Sequence" })).toThrow(InvalidModelError);
  expect(() => parseNormalizer([])).toThrow(InvalidModelError);
});
