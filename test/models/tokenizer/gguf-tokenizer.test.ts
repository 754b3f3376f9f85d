import { expect, test } from "vitest";
import { InvalidModelError, UnsupportedModelError } from "../../../src/errors.ts";
import { tokenizerFromGguf } from "../../../src/models/tokenizer/gguf-tokenizer.ts";

const sentencePiece = (fields: Record<string, unknown> = {}): Map<string, unknown> =>
  new Map<string, unknown>(
    Object.entries({
      "tokenizer.ggml.model": "llama",
      "tokenizer.ggml.tokens": ["<unk>", "<s>", "</s>", "<tool>", "<0x0A>", "▁", "a", "b", "▁a", "ab", "<off>"],
      "tokenizer.ggml.token_type": [2, 3, 3, 4, 6, 1, 1, 1, 1, 1, 5],
      "tokenizer.ggml.scores": [0, 0, 0, 0, 0, -10, -11, -12, -1, -2, 0],
      "tokenizer.ggml.bos_token_id": 1,
      "tokenizer.ggml.unknown_token_id": 0,
      ...fields,
    }),
  );

test("merges by scores, and puts a space in front of the text and behind each special token", () => {
  const tokenizer = tokenizerFromGguf(sentencePiece());
  expect(tokenizer.encode("ab")).toEqual([1, 8, 7]);
  expect(tokenizer.encode("a<s>a", { specialTokens: "parse", addSpecialTokens: false })).toEqual([8, 1, 8]);
  expect(tokenizer.encode("a\n", { addSpecialTokens: false })).toEqual([8, 4]);
  expect(tokenizer.decode([1, 8, 7, 3])).toBe("ab<tool>");
});

test("a token that users define is found in any text; control, unknown and unused ones are not", () => {
  const tokenizer = tokenizerFromGguf(sentencePiece());
  const ids = tokenizer.encode("<tool><s><unk><off>", { addSpecialTokens: false });
  expect(ids[0]).toBe(3);
  expect(ids).not.toContain(1);
  expect(ids).not.toContain(10);
});

test("control tokens of Phi-3 take the white space behind them along, as llama.cpp does it by the name", () => {
  const ids = (name: string, text: string) =>
    tokenizerFromGguf(sentencePiece({ "general.name": name })).encode(text, {
      specialTokens: "parse",
      addSpecialTokens: false,
    });
  expect(ids("Phi-3 mini", "</s>\n\na")).toEqual([2, 8]);
  expect(ids("Phi-3 mini", "<s>\n")).toEqual([1, 5, 4]);
  expect(ids("other", "</s>\n")).toEqual([2, 5, 4]);
});

test("flags say what stands around a text, and whether a space does", () => {
  const tokenizer = tokenizerFromGguf(
    sentencePiece({
      "tokenizer.ggml.add_bos_token": false,
      "tokenizer.ggml.add_space_prefix": false,
      "tokenizer.ggml.add_eos_token": true,
      "tokenizer.ggml.eos_token_id": 2,
    }),
  );
  expect(tokenizer.encode("ab")).toEqual([9, 2]);
});

test("scores may be a typed array", () =>
  expect(tokenizerFromGguf(sentencePiece({ "tokenizer.ggml.scores": new Float32Array(11) })).encode("a")).toHaveLength(
    2,
  ));

test.each<[string, Record<string, unknown>, string]>([
  ["no scores", { "tokenizer.ggml.scores": undefined }, "tokenizer.ggml.scores is missing"],
  [
    "scores of another length",
    { "tokenizer.ggml.scores": [1] },
    "tokenizer.ggml.scores has 1 entries, tokenizer.ggml.tokens has 11",
  ],
  [
    "tokens that are none",
    { "tokenizer.ggml.tokens": [1] },
    "tokenizer.ggml.tokens must be a list of strings, got [1]",
  ],
  [
    "an id outside",
    { "tokenizer.ggml.bos_token_id": 11 },
    "tokenizer.ggml.bos_token_id must be an id below 11, got 11",
  ],
  [
    "a flag that is none",
    { "tokenizer.ggml.add_bos_token": 1 },
    "tokenizer.ggml.add_bos_token must be true or false, got 1",
  ],
  ["no model", { "tokenizer.ggml.model": undefined }, "tokenizer.ggml.model must be a string, it is missing"],
])("refuses %s", (_, fields, message) =>
  expect(() => tokenizerFromGguf(sentencePiece(fields))).toThrow(new InvalidModelError(message)),
);

test("refuses by name", () => {
  expect(() => tokenizerFromGguf(sentencePiece({ "tokenizer.ggml.model": "rwkv" }))).toThrow(
    new UnsupportedModelError('tokenizer.ggml.model "rwkv" is not implemented, only "gpt2" and "llama"'),
  );
  expect(() =>
    tokenizerFromGguf(sentencePiece({ "tokenizer.ggml.model": "gpt2", "tokenizer.ggml.pre": "magic" })),
  ).toThrow(UnsupportedModelError);
});
