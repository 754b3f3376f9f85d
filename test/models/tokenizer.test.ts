import { readFileSync } from "node:fs";
import { Tokenizer as LibraryTokenizer } from "@huggingface/tokenizers";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BstarError, InvalidModelError, UnsupportedModelError } from "../../src/errors.ts";
import { parseJsonObject, type JsonObject } from "../../src/json.ts";
import type { ModelTokenizer } from "../../src/models/tokenizer/assemble.ts";
import { tokenizerFromGguf } from "../../src/models/tokenizer/gguf-tokenizer.ts";
import { parseTokenizer } from "../../src/models/tokenizer.ts";
import { fixtures, ifFixtures, noFixtures, readFixture } from "../support/fixtures.ts";
import { ggufMetadata } from "../support/gguf-metadata.ts";
import { ifShared, noSharedModels, sharedModels } from "../support/model-files.ts";
import { tokenizerOf, type GoldenCase } from "../support/rust-models.ts";
import {
  byteFallbackTokenizerJson,
  byteLevelTokenizerJson,
  metaspaceTokenizerJson,
  type TokenizerJson,
} from "../support/tokenizer-files.ts";
import { allTokenizers } from "../support/tokenizers.ts";

/** The library's own decode: an oracle, as it decodes whole lists of tokens and knows no bytes of single ones. */
interface Oracle {
  decode(ids: number[], options: { skip_special_tokens: boolean; clean_up_tokenization_spaces: boolean }): string;
}

/** Every code point, halves of surrogate pairs too: strings from JSON may hold them. */
const anyText = fc.array(fc.nat(0x10ffff)).map((points) => String.fromCodePoint(...points));

describe.each(allTokenizers())("%s", (name, json) => {
  const tokenizer = parseTokenizer(json);

  // Of a first token's spaces the JavaScript library drops one where the Rust library drops all.
  test.skipIf(name === "metaspace")("decodes any ids as the library does, but keeps byte order marks", () => {
    const oracle = new LibraryTokenizer(json, {}) as Oracle;
    const law = fc.property(fc.array(fc.nat(tokenizer.vocabSize - 1), { minLength: 1, maxLength: 30 }), (ids) => {
      const expected = oracle.decode(ids, { skip_special_tokens: true, clean_up_tokenization_spaces: false });
      expect(tokenizer.decode(ids).replaceAll("\u{feff}", "")).toBe(expected.replaceAll("\u{feff}", ""));
    });
    fc.assert(law, { numRuns: 300 });
  });

  test("encodes any text to ids of the vocabulary, a model's begin-of-text id first", () => {
    const [begin] = tokenizer.encode("");
    const law = fc.property(anyText, (text) => {
      const ids = tokenizer.encode(text);
      expect(ids[0]).toBe(begin);
      expect(ids.every((id) => Number.isInteger(id) && id >= 0 && id < tokenizer.vocabSize)).toBe(true);
    });
    fc.assert(law, { numRuns: 300 });
  });

  test("encodes nothing to the begin-of-text id alone", () => expect(tokenizer.encode("")).toHaveLength(1));
});

test.each([
  ["byte-level", byteLevelTokenizerJson()],
  ["byte-fallback", byteFallbackTokenizerJson()],
])("%s gives every text back", (_, json) => {
  const tokenizer = parseTokenizer(json);
  const law = fc.property(fc.string({ unit: "grapheme" }), (text) => {
    // A byte-fallback vocabulary writes spaces as "▁": the two are one.
    expect(tokenizer.decode(tokenizer.encode(text)).replaceAll("▁", " ")).toBe(text.replaceAll("▁", " "));
  });
  fc.assert(law, { numRuns: 300 });
  expect(tokenizer.decode(tokenizer.encode("  the <tool é> thé\n 🦙 "))).toBe("  the <tool é> thé\n 🦙 ");
});

test("metaspace gives texts of its own characters back", () => {
  const tokenizer = parseTokenizer(metaspaceTokenizerJson());
  const words = fc.array(fc.constantFrom("the", "he", "thé", "é"), { minLength: 1 });
  const law = fc.property(words, (list) => {
    expect(tokenizer.decode(tokenizer.encode(list.join(" ")))).toBe(list.join(" "));
  });
  fc.assert(law);
});

test("tokens are bytes", () => {
  const tokenizer = parseTokenizer(byteLevelTokenizerJson());
  expect(tokenizer.vocabSize).toBe(263);
  expect([...tokenizer.tokenBytes(3 + 0xc3)]).toEqual([0xc3]);
  expect(new TextDecoder().decode(tokenizer.tokenBytes(261))).toBe(" the");
  expect(tokenizer.tokenBytes(0)).toHaveLength(0);
  expect(tokenizer.tokenBytes(-1)).toHaveLength(0);
  expect(tokenizer.tokenBytes(263)).toHaveLength(0);
});

test("a vocabulary may have holes", () => {
  const json = byteLevelTokenizerJson();
  json.added_tokens.push({ id: 270, content: "<|late|>", special: false });
  const tokenizer = parseTokenizer(json);
  expect(tokenizer.vocabSize).toBe(271);
  expect(tokenizer.decode([261, 265, 270])).toBe(" the<|late|>");
  expect(tokenizer.encode("<|late|>")).toEqual([0, 270]);
});

describe("refuses", () => {
  const broken = (change: (json: TokenizerJson) => void): TokenizerJson => {
    const json = byteLevelTokenizerJson();
    change(json);
    return json;
  };

  test.each<[string, TokenizerJson, string]>([
    [
      "no model",
      broken((json) => void Reflect.deleteProperty(json, "model")),
      "model must be an object, it is missing",
    ],
    ["no vocabulary", broken((json) => void (json.model["vocab"] = "abc")), 'model.vocab must be an object, got "abc"'],
    [
      "an id that is no integer",
      broken((json) => void (json.model["vocab"] = { a: 0.5 })),
      'id of "a" must be an integer from 0 to 4194303, got 0.5',
    ],
    [
      "an id far outside",
      broken((json) => void (json.model["vocab"] = { a: 2 ** 40 })),
      'id of "a" must be an integer from 0 to 4194303, got 1099511627776',
    ],
    [
      "no added_tokens",
      broken((json) => void Reflect.deleteProperty(json, "added_tokens")),
      "added_tokens must be a list, it is missing",
    ],
    [
      "an added token without content",
      broken((json) => void json.added_tokens.push({ id: 9 })),
      'added token {"id":9} has no content',
    ],
    [
      "an added token without id",
      broken((json) => void json.added_tokens.push({ content: "<x>" })),
      'id of "<x>" must be an integer from 0 to 4194303, it is missing',
    ],
    [
      "a template whose token has no id",
      broken(
        (json) =>
          void (json["post_processor"] = {
            type: "TemplateProcessing",
            single: [{ SpecialToken: { id: "<nobody>" } }],
            pair: [],
          }),
      ),
      'TemplateProcessing names "<nobody>", which special_tokens does not have',
    ],
  ])("%s", (_, json, message) =>
    expect(() => parseTokenizer(json)).toThrow(new InvalidModelError(`tokenizer.json: ${message}`)),
  );

  test("merges that are not there, or name tokens that are not", () => {
    expect(() => parseTokenizer(broken((json) => void Reflect.deleteProperty(json.model, "merges")))).toThrow(
      new InvalidModelError("tokenizer.json: model.merges must be a list, it is missing"),
    );
    expect(() => parseTokenizer(broken((json) => void (json.model["merges"] = ["h zz"])))).toThrow(
      new InvalidModelError('tokenizer.json: merge 0, "h zz": "zz" is not in the vocabulary'),
    );
  });

  test("parts that are not implemented, by name", () => {
    const refusal = (key: string, value: unknown) => () => parseTokenizer(broken((json) => void (json[key] = value)));
    for (const type of ["Magic", "BertNormalizer", "Nmt", "Precompiled"]) {
      expect(refusal("normalizer", { type })).toThrow(
        new UnsupportedModelError(`tokenizer.json: normalizer "${type}" is not implemented`),
      );
    }
    for (const type of ["Magic", "UnicodeScripts"]) {
      expect(refusal("pre_tokenizer", { type })).toThrow(
        new UnsupportedModelError(`tokenizer.json: pre_tokenizer "${type}" is not implemented`),
      );
    }
    for (const type of ["CTC", "WordPiece", "BPEDecoder"]) {
      expect(refusal("decoder", { type })).toThrow(UnsupportedModelError);
    }
    expect(refusal("post_processor", { type: "Magic" })).toThrow(
      new UnsupportedModelError('tokenizer.json: post_processor "Magic" is not implemented'),
    );
    for (const type of ["WordPiece", "WordLevel"]) {
      expect(refusal("model", { type, vocab: {} })).toThrow(
        new UnsupportedModelError(`tokenizer.json: model "${type}" is not implemented, only BPE and Unigram`),
      );
    }
    expect(() => parseTokenizer(broken((json) => void (json.model["dropout"] = 0.1)))).toThrow(
      new UnsupportedModelError("tokenizer.json: dropout 0.1 is not implemented"),
    );
  });
});

interface Golden {
  readonly prompt: string;
  readonly promptIds: number[];
  readonly genIds: number[];
  readonly text: string;
}

describe.skipIf(noSharedModels)(`golden.json${ifShared}`, () => {
  const read = (file: string) => parseJsonObject(readFileSync(`${sharedModels}${file}`), file);
  const models = noSharedModels ? [] : Object.entries(read("golden.json")["models"] as Record<string, Golden[]>);
  const cases = models.flatMap(([model, goldens]) =>
    goldens.map((golden) => ({ model, golden, prompt: golden.prompt })),
  );

  test.each(cases)("$model, $prompt", ({ model, golden }) => {
    const tokenizer = parseTokenizer(read(`${model}-hf/tokenizer.json`));
    expect(tokenizer.encode(golden.prompt)).toEqual(golden.promptIds);
    expect(tokenizer.decode([...golden.promptIds, ...golden.genIds])).toBe(golden.text);
  });
});

interface FixtureGolden {
  readonly gguf: string;
  readonly hf?: string;
  readonly addBos: boolean;
  readonly bos: number | null;
  readonly cases: readonly FixtureCase[];
}

interface FixtureCase {
  readonly text: string;
  readonly ids: number[];
  readonly hfIds?: number[];
  readonly idsSpecialAsText?: number[];
  readonly decoded: string;
  readonly hfDecoded?: string;
  readonly decodedWithSpecial?: string;
}

const bare = { addSpecialTokens: false } as const;

describe.skipIf(noFixtures).each(["gemma", "llama-bpe", "mistral", "qwen2"])(`%s${ifFixtures}`, (name) => {
  const golden = noFixtures ? null : (readFixture(`goldens/tokenizer-${name}.json`) as unknown as FixtureGolden);

  describe.each(golden?.hf === undefined ? ["gguf"] : ["gguf", "hf"])("%s", (source) => {
    const tokenizer =
      source === "hf"
        ? fromFolder(golden!.hf!)
        : tokenizerFromGguf(ggufMetadata(readFileSync(fixtures + golden!.gguf)));

    test.each(golden?.cases ?? [])("$text", (each) => {
      const ids = source === "hf" ? (each.hfIds ?? each.ids) : each.ids;
      expect(tokenizer.encode(each.text, { ...bare, specialTokens: "parse" })).toEqual(ids);
      expect(tokenizer.encode(each.text, bare)).toEqual(each.idsSpecialAsText ?? ids);
      // A text with what its tokenizer normalizes comes back normalized.
      expect(tokenizer.decode(each.ids)).toBe(each.hfDecoded ?? each.decoded);
    });

    test.each((golden?.cases ?? []).filter(({ decodedWithSpecial }) => decodedWithSpecial !== undefined))(
      "$text with its special tokens",
      (each) => {
        expect(tokenizer.decode(each.ids, { skipSpecialTokens: false })).toBe(each.decodedWithSpecial);
      },
    );

    test("begins as the file says", () => expect(tokenizer.encode("")).toEqual(golden!.addBos ? [golden!.bos] : []));
  });
});

function fromFolder(folder: string): ModelTokenizer {
  return parseTokenizer(readFixture(`${folder}/tokenizer.json`), readFixture(`${folder}/tokenizer_config.json`));
}

describe("a file with something else in one place", () => {
  const junk: unknown[] = [
    null,
    true,
    -1,
    0.5,
    1e300,
    "",
    "x",
    "(a+)+",
    [],
    {},
    [[]],
    { type: "Sequence" },
    { String: "" },
    { Regex: "(" },
    { Regex: "a**" },
    "\u{d800}",
  ];
  const files = allTokenizers().slice(0, 3);

  /** The file with one value, found by turning left or right at random, replaced. */
  function mutate(value: unknown, turns: readonly number[], replacement: unknown): unknown {
    if (turns.length === 0 || typeof value !== "object" || value === null) return replacement;
    const keys = Object.keys(value);
    if (keys.length === 0) return replacement;
    const key = keys[turns[0] % keys.length];
    const changed = mutate((value as Record<string, unknown>)[key], turns.slice(1), replacement);
    return Array.isArray(value)
      ? value.map((each: unknown, i) => (String(i) === key ? changed : each))
      : { ...value, [key]: changed };
  }

  test.each(files)("%s is read, or refused in one sentence", (_, json) => {
    const law = fc.property(
      fc.array(fc.nat(1000), { minLength: 1, maxLength: 5 }),
      fc.constantFrom(...junk),
      (turns, replacement) => {
        try {
          const tokenizer = parseTokenizer(mutate(json, turns, replacement) as JsonObject);
          tokenizer.decode(tokenizer.encode("the <|bos|> tool\n é 12 "));
        } catch (error) {
          expect(error).toBeInstanceOf(BstarError);
          expect((error as Error).message).not.toContain("\n");
          expect((error as Error).message.length).toBeLessThan(400);
        }
      },
    );
    fc.assert(law, { numRuns: 400 });
  });

  test("nests too deep", () => {
    let nested: unknown = { type: "NFC" };
    for (let depth = 0; depth < 100_000; depth++) nested = { type: "Sequence", normalizers: [nested] };
    expect(() => parseTokenizer({ ...byteLevelTokenizerJson(), normalizer: nested })).toThrow(InvalidModelError);
  });
});

describe("the Rust library says (scripts/rust-goldens.ts)", () => {
  const cases = JSON.parse(
    readFileSync(new URL("../support/rust-goldens.json", import.meta.url), "utf8"),
  ) as GoldenCase[];

  test.each(cases)("$model, $normalizer, $preTokenizer, $added", (golden) => {
    const tokenizer = parseTokenizer(tokenizerOf(golden));
    for (const [text, ids, decoded] of golden.texts) {
      expect([text, tokenizer.encode(text)]).toEqual([text, ids]);
      expect([text, tokenizer.decode(ids)]).toEqual([text, decoded]);
    }
  });
});
