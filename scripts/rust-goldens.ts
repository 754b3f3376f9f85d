/**
 * Writes test/support/rust-goldens.json: tokenizers put together of random parts, and what the Rust library
 * (huggingface/tokenizers) says of random texts. Needs its Node package, which no other part of the project uses: npm
 * install --no-save tokenizers@0.23.2
 */
import { writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { MODELS, tokenizerOf, type GoldenCase } from "../test/support/rust-models.ts";

interface RustTokenizer {
  encode(text: string, pair: null, options: { addSpecialTokens: boolean }): Promise<{ getIds(): number[] }>;
  decode(ids: number[], skipSpecialTokens: boolean): Promise<string>;
}

const CASES = 120;
const TEXTS = 4;

/** Numerical Recipes' generator: the file is the same each time. */
let state = 7;
const below = (count: number): number => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return Math.floor((state / 2 ** 32) * count);
};
const pick = <T>(list: readonly T[]): T => list[below(list.length)];

const BEHAVIORS = ["Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous"];
const BITS = [
  "a",
  "b",
  "ab",
  " ",
  "  ",
  "\n",
  "é",
  "e\u0301",
  "▁",
  "!",
  "?!",
  "$",
  "1",
  "23",
  "½",
  "٣",
  "漢",
  "🙂",
  "ΑΣ",
  "<x>",
  "<y> ",
  "'s",
  "-",
  "--",
  "_",
  "\u{feff}",
  "\u{85}",
  "ﬁ",
  "x_y",
  "<0x41>",
];
const PATTERNS = [
  { String: "-" },
  ...[
    "\\w+|[^\\w\\s]+",
    "\\s+",
    "a*",
    "(?i:'s|'t)|\\p{L}+|\\p{N}{1,2}",
    "a++b?|\\S+",
    "\\b\\w",
    "^a|b$",
    "(?<=a)b",
    "[[:punct:]]+",
    "(?>a+|ab)b",
  ].map((Regex) => ({ Regex })),
];
const split = (): object => ({
  type: "Split",
  pattern: pick(PATTERNS),
  behavior: pick(BEHAVIORS),
  invert: below(2) === 1,
});
const metaspace = (): object => ({
  type: "Metaspace",
  replacement: "▁",
  prepend_scheme: pick(["always", "first", "never"]),
  split: below(2) === 1,
});

const PRE_TOKENIZERS: readonly (() => unknown)[] = [
  () => null,
  split,
  split,
  split,
  metaspace,
  metaspace,
  () => ({ type: "Punctuation", behavior: pick(BEHAVIORS) }),
  () => ({ type: "Digits", individual_digits: below(2) === 1 }),
  () => ({ type: pick(["Whitespace", "WhitespaceSplit", "BertPreTokenizer"]) }),
  () => ({ type: "CharDelimiterSplit", delimiter: "-" }),
  () => ({ type: "FixedLength", length: 3 }),
  () => ({ type: "Sequence", pretokenizers: [{ type: "WhitespaceSplit" }, metaspace()] }),
];
const NORMALIZERS: readonly unknown[] = [
  null,
  null,
  ...["NFC", "NFD", "NFKC", "NFKD", "Lowercase", "StripAccents"].map((type) => ({ type })),
  { type: "Strip", strip_left: true, strip_right: true },
  { type: "Prepend", prepend: "▁" },
  {
    type: "Sequence",
    normalizers: [
      { type: "Prepend", prepend: "▁" },
      { type: "Replace", pattern: { String: " " }, content: "▁" },
    ],
  },
  { type: "Replace", pattern: { Regex: "\\s+" }, content: " " },
];

function randomCase(): Omit<GoldenCase, "texts"> {
  const model = pick(Object.keys(MODELS));
  const flags = (): object => ({
    single_word: below(3) === 0,
    lstrip: below(3) === 0,
    rstrip: below(3) === 0,
    normalized: below(2) === 0,
  });
  const added = [
    { content: "<x>", ...flags() },
    { content: "<y>", ...flags() },
    { content: "ab!", ...flags() },
  ].slice(0, below(4));
  const pre = pick(PRE_TOKENIZERS)();
  return {
    model,
    normalizer: pick(NORMALIZERS),
    preTokenizer:
      model === "bytes"
        ? {
            type: "Sequence",
            pretokenizers: [
              ...(pre === null ? [] : [pre]),
              { type: "ByteLevel", add_prefix_space: below(2) === 1, trim_offsets: true, use_regex: below(2) === 1 },
            ],
          }
        : pre,
    added,
  };
}

const { Tokenizer } = createRequire(import.meta.url)("tokenizers") as {
  Tokenizer: { fromString(json: string): RustTokenizer };
};
const cases: GoldenCase[] = [];
while (cases.length < CASES) {
  const parts = randomCase();
  const rust = Tokenizer.fromString(JSON.stringify(tokenizerOf(parts)));
  const texts: GoldenCase["texts"][number][] = [];
  for (let i = 0; i < TEXTS; i++) {
    const text = Array.from({ length: 1 + below(8) }, () => pick(BITS)).join("");
    const ids = (await rust.encode(text, null, { addSpecialTokens: true })).getIds();
    texts.push([text, ids, await rust.decode(ids, true)]);
  }
  cases.push({ ...parts, texts });
}
writeFileSync(
  new URL("../test/support/rust-goldens.json", import.meta.url),
  `[\n${cases.map((each) => JSON.stringify(each)).join(",\n")}\n]\n`,
);
