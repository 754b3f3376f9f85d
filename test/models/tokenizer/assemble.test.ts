import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseTokenizer } from "../../../src/models/tokenizer.ts";
import { byteFallbackTokenizerJson, byteLevelTokenizerJson } from "../../support/tokenizer-files.ts";
import { allTokenizers } from "../../support/tokenizers.ts";

describe.each(allTokenizers())("%s", (_, json) => {
  const tokenizer = parseTokenizer(json);
  const special = (json["added_tokens"] as { content: string; special: boolean }[])
    .filter((token) => token.special)
    .map(({ content }) => content);

  test("a text never becomes a control token, unless it is parsed", () => {
    const unknown = (json["added_tokens"] as { content: string; id: number }[]).find(
      ({ content }) => content === "<unk>",
    );
    const law = fc.property(fc.array(fc.oneof(fc.constantFrom(...special), fc.string()), { maxLength: 8 }), (parts) => {
      const ids = tokenizer.encode(parts.join(""), { addSpecialTokens: false });
      const control = ids.filter((id) => tokenizer.specialTokenBytes!(id).length > 0 && id !== unknown?.id);
      expect(control).toEqual([]);
    });
    fc.assert(law);
    expect(tokenizer.encode(special[0], { addSpecialTokens: false, specialTokens: "parse" })).toHaveLength(1);
  });

  test("encodeAsync gives the same ids", async () => {
    const text = "Once upon a time there was a <s> cat. ".repeat(600);
    expect(await tokenizer.encodeAsync(text)).toEqual(tokenizer.encode(text));
    const end = special.at(-1)!;
    const parts = [
      { text: end, specialTokens: "parse" },
      { text, specialTokens: "text" },
      { text: end, specialTokens: "text" },
    ] as const;
    const ids = await tokenizer.encodePartsAsync(parts, { addSpecialTokens: false });
    expect(ids).toEqual(tokenizer.encodeParts(parts, { addSpecialTokens: false }));
    expect(
      ids.filter((id) => id === tokenizer.encode(end, { specialTokens: "parse", addSpecialTokens: false })[0]),
    ).toHaveLength(1);
  });
});

test("encodeAsync lets other work run, and ends where it is aborted", async () => {
  const tokenizer = parseTokenizer(byteLevelTokenizerJson());
  const controller = new AbortController();
  setTimeout(() => controller.abort(new Error("enough")), 0);
  await expect(tokenizer.encodeAsync("the he ".repeat(100_000), { signal: controller.signal })).rejects.toThrow(
    "enough",
  );
  await expect(tokenizer.encodeAsync("a", { signal: AbortSignal.abort(new Error("before")) })).rejects.toThrow(
    "before",
  );
});

test("special tokens are kept in an answer where that is wanted", () => {
  const tokenizer = parseTokenizer(byteLevelTokenizerJson());
  expect(tokenizer.decode([0, 261, 1], { skipSpecialTokens: false })).toBe("<|bos|> the<|eos|>");
  expect(tokenizer.decode([0, 261, 1])).toBe(" the");
});

test("an added token that is not special is decoded as a token of the vocabulary", () => {
  const json = byteFallbackTokenizerJson();
  json.added_tokens.push({ id: 300, content: "▁▁▁", special: false, normalized: false });
  const tokenizer = parseTokenizer(json);
  expect(tokenizer.decode([267, 300, 267])).toBe("t   t".replaceAll("t", tokenizer.decode([267])));
});

test("halves of surrogate pairs are U+FFFD, as in UTF-8", () => {
  const tokenizer = parseTokenizer(byteLevelTokenizerJson());
  expect(tokenizer.decode(tokenizer.encode("a\ud800b"))).toBe("a\u{fffd}b");
});

test("tokenizer_config.json says what stands around a text where tokenizer.json has no template", () => {
  const json = byteLevelTokenizerJson();
  const config = { add_bos_token: true, bos_token: { content: "<|bos|>" }, add_eos_token: true, eos_token: "<|eos|>" };
  expect(parseTokenizer(json, { add_bos_token: false }).encode("")).toEqual([0]);
  json["post_processor"] = { type: "ByteLevel" };
  expect(parseTokenizer(json).encode("")).toEqual([]);
  expect(parseTokenizer(json, config).encode("")).toEqual([0, 1]);
  expect(() => parseTokenizer(json, { add_bos_token: true, bos_token: "<s>" })).toThrow(
    'tokenizer_config.json: add_bos_token is true, but bos_token "<s>" is no added token',
  );
});
