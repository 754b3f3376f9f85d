import { expect, test } from "vitest";
import { InvalidModelError, UnsupportedModelError } from "../../../src/errors.ts";
import { parseBpe, readMerges } from "../../../src/models/tokenizer/parse-bpe.ts";

const vocab = { a: 0, b: 1, ab: 2, " ": 3, " a": 4 };

test("merges are written as a string or as two", () => {
  const table = readMerges(["a b", [" ", "a"]], {
    all: new Map(Object.entries(vocab)),
    controlIds: new Set(),
    prefixLength: 0,
  });
  expect(table.find(0, 1)).toBe(2);
  expect(table.find(3, 0)).toBeGreaterThan(0);
  expect(table.find(1, 0)).toBe(-1);
});

test.each<[string, Record<string, unknown>, string]>([
  ["no merges", {}, "model.merges must be a list, it is missing"],
  ["a merge of one", { merges: ["ab"] }, 'merge 0 is "ab", expected two tokens'],
  ["a merge of nothing known", { merges: [["a", "z"]] }, 'merge 0, ["a","z"]: "z" is not in the vocabulary'],
  ["a merge to nothing known", { merges: ["b a"] }, 'merge 0, "b a": "ba" is not in the vocabulary'],
  ["an unk_token that is not there", { merges: [], unk_token: "<unk>" }, 'unk_token "<unk>" is not in the vocabulary'],
  [
    "a prefix that is no text",
    { merges: [], continuing_subword_prefix: 1 },
    "model.continuing_subword_prefix must be a string, got 1",
  ],
])("%s", (_, fields, message) =>
  expect(() => parseBpe({ vocab, ...fields }, new Set())).toThrow(new InvalidModelError(`tokenizer.json: ${message}`)),
);

test("dropout is refused", () =>
  expect(() => parseBpe({ vocab, merges: [], dropout: 0.1 }, new Set())).toThrow(UnsupportedModelError));
