import * as fc from "fast-check";
import { expect, test } from "vitest";
import { InvalidModelError } from "../../../src/errors.ts";
import { Unigram } from "../../../src/models/tokenizer/unigram.ts";

const encode = (model: Unigram, piece: string): number[] => {
  const ids: number[] = [];
  model.encode(piece, ids);
  return ids;
};

const unigram = (
  vocab: [string, number][],
  fields: Record<string, unknown> = { unk_id: 0 },
  control: number[] = [],
): Unigram => new Unigram({ vocab, ...fields }, new Set(control));

// The example of the Rust library's documentation (models/unigram/model.rs).
const documented: [string, number][] = [
  ["<unk>", 0],
  ["a", 0],
  ["b", 0],
  ["c", 0],
  ["d", 0],
  ["cd", 1],
  ["ab", 2],
  ["abc", 5],
  ["abcd", 10],
];

test("the greatest sum of scores", () => expect(encode(unigram(documented), "abcdacdxx")).toEqual([8, 1, 5, 0]));

test("of all ways to cut a text none has a greater sum", () => {
  const scores = new Map(documented.slice(1));
  const best = (text: string): number => {
    if (text === "") return 0;
    const sums = [...scores]
      .filter(([token]) => text.startsWith(token))
      .map(([token, score]) => score + best(text.slice(token.length)));
    return Math.max(...sums);
  };
  const law = fc.property(fc.array(fc.constantFrom("a", "b", "c", "d"), { maxLength: 10 }), (characters) => {
    const ids = encode(unigram(documented), characters.join(""));
    expect(ids.map((id) => documented[id][0]).join("")).toBe(characters.join(""));
    expect(ids.reduce((sum, id) => sum + documented[id][1], 0)).toBe(best(characters.join("")));
  });
  fc.assert(law);
});

test("unknown characters become their bytes", () => {
  const vocab: [string, number][] = [
    ["<unk>", 0],
    ["a", -1],
    ["b", -1],
    ["<0x0A>", -9],
    ["<0xC3>", -9],
    ["<0xA9>", -9],
  ];
  expect(encode(unigram(vocab, { unk_id: 0, byte_fallback: true }), "a\nb")).toEqual([1, 3, 2]);
  expect(encode(unigram(vocab, { unk_id: 0, byte_fallback: true }), "é\na")).toEqual([4, 5, 3, 1]);
  // One byte without a token, and the whole run is unknown.
  expect(encode(unigram(vocab, { unk_id: 0, byte_fallback: true }), "\n🙂")).toEqual([0]);
  expect(encode(unigram(vocab), "a\nb")).toEqual([1, 0, 2]);
});

test("no text becomes a control token", () => {
  const vocab: [string, number][] = [
    ["<unk>", 0],
    ["</s>", 0],
    ["<", -5],
    ["/", -5],
    ["s", -5],
    [">", -5],
  ];
  expect(encode(unigram(vocab, { unk_id: 0 }, [1]), "</s>")).toEqual([2, 3, 4, 5]);
});

test.each<[string, [string, number][], Record<string, unknown>, string]>([
  ["no vocabulary", [], {}, "model.vocab must be a list, got []"],
  ["a score that is none", [["a", Number.NaN]], {}, 'model.vocab has ["a",null], expected a token and its score'],
  ["an unk_id outside", [["a", 0]], { unk_id: 1 }, "unk_id must be an id below 1, got 1"],
])("refuses %s", (_, vocab, fields, message) =>
  expect(() => unigram(vocab, fields)).toThrow(new InvalidModelError(`tokenizer.json: ${message}`)),
);

test("without an unk_id an unknown character is an error", () => {
  expect(() => encode(unigram([["a", 0]], {}), "ab")).toThrow(
    new InvalidModelError('tokenizer.json: "b" has no id, and there is no unk_id'),
  );
});
