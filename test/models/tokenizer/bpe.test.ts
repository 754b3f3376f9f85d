import * as fc from "fast-check";
import { expect, test } from "vitest";
import { InvalidModelError } from "../../../src/errors.ts";
import { parseBpe } from "../../../src/models/tokenizer/parse-bpe.ts";
import type { TokenModel } from "../../../src/models/tokenizer/token-model.ts";

const encode = (model: TokenModel, piece: string): number[] => {
  const ids: number[] = [];
  model.encode(piece, ids);
  return ids;
};

/** Ids in the order of the tokens. */
function bpe(
  tokens: readonly string[],
  merges: readonly string[],
  fields: Record<string, unknown> = {},
  control: number[] = [],
): TokenModel {
  return parseBpe(
    { type: "BPE", vocab: Object.fromEntries(tokens.map((token, id) => [token, id])), merges, ...fields },
    new Set(control),
  );
}

test("the better merge goes first", () =>
  expect(encode(bpe(["a", "b", "c", "ab", "bc", "abc"], ["b c", "a bc", "a b"]), "abcab")).toEqual([5, 3]));

// models/bpe/model.rs of the Rust library, test_unk_not_fused and test_unk_get_fused.
test("unknown characters, each and fused", () => {
  const tokens = ["<unk>", "a", "b"];
  expect(encode(bpe(tokens, [], { unk_token: "<unk>" }), "accb")).toEqual([1, 0, 0, 2]);
  expect(encode(bpe(tokens, [], { unk_token: "<unk>", fuse_unk: true }), "accb")).toEqual([1, 0, 2]);
  expect(() => encode(bpe(["a"], []), "ab")).toThrow(
    new InvalidModelError('tokenizer.json: "b" has no id, and there is no unk_token'),
  );
});

test("bytes where a character has no token, and the unknown one where a byte has none", () => {
  const model = bpe(["<unk>", "<0x61>", "<0xC3>"], [], { unk_token: "<unk>", byte_fallback: true });
  expect(encode(model, "a")).toEqual([1]);
  expect(encode(model, "é")).toEqual([0]);
});

test("a prefix of what continues and a suffix of what ends a word", () => {
  const model = bpe(["a", "##b", "##c</w>", "ab"], ["a ##b"], {
    continuing_subword_prefix: "##",
    end_of_word_suffix: "</w>",
  });
  expect(encode(model, "abc")).toEqual([3, 2]);
});

test("ignore_merges takes a piece that is a token whole", () => {
  const tokens = ["a", "b", "ab"];
  expect(encode(bpe(tokens, [], { ignore_merges: true }), "ab")).toEqual([2]);
  expect(encode(bpe(tokens, []), "ab")).toEqual([0, 1]);
});

test("no text becomes a control token", () => {
  const model = bpe(["<", "s", ">", "<s>", "<s"], ["< s", "<s >"], { ignore_merges: true }, [3]);
  expect(encode(model, "<s>")).not.toEqual([3]);
});

test("a text of words is encoded word by word, with the ids of the whole", () => {
  const tokens = ["▁", "a", "b", "▁▁", "▁a", "ab", "▁ab", "▁▁a"];
  const merges = ["▁ a", "▁ ▁", "a b", "▁a b", "▁▁ a"];
  // With a token that has a space inside, nothing may be cut.
  const whole = bpe([...tokens, "b▁x"], merges);
  const cut = bpe([...tokens, "zzz"], merges);
  const law = fc.property(fc.array(fc.constantFrom("▁", "a", "b"), { maxLength: 40 }), (characters) => {
    expect(encode(cut, characters.join(""))).toEqual(encode(whole, characters.join("")));
  });
  fc.assert(law, { numRuns: 500 });
});

test("a word of a hundred thousand characters", () => {
  const ids = encode(bpe(["a", "aa", "aaaa"], ["a a", "aa aa"]), "a".repeat(100_000));
  expect(ids).toHaveLength(25_000);
});
