/**
 * Texts that show where a byte-level tokenizer cuts, and a vocabulary whose merges cross every such place: tests and
 * scripts/pre-tokenizer-peers.ts make GGUF files of it for each value of `tokenizer.ggml.pre`.
 */
import { byteLevelBytes, encodeByteLevel } from "../../src/models/byte-level.ts";
import type { GgufKeys } from "./gguf-files.ts";

/** Values of `tokenizer.ggml.pre` that cut alike, and llama.cpp's ids for each of the texts. */
export interface PreTokenizerAnswers {
  readonly names: readonly string[];
  /** Whether llama.cpp puts a begin-of-text id in front where the file does not say. */
  readonly addBos: boolean;
  readonly ids: readonly (readonly number[])[];
}

export const CUT_TEXTS: readonly string[] = [
  "Hello world, it's 12345 o'clock!",
  "I'M here; we'LL go, they'Ve gone, DON'T. she'd'nt 'tis'",
  "1 22 333 4444 55555 666666 7,777.88",
  "x1y22z333 a1000000b 3.14159 1e-10",
  "  two   three    four     \t\ttabs \t mixed  ",
  "line\nline\n\nline\r\nline\r\n\r\n  indented\n \n\t\n",
  "a  \n  b \n\n\n c\r\r\nd   \r",
  "trailing spaces   ",
  "\n\n\n",
  "   ",
  " a",
  "def f(x):\n    return x['a']+=1; // ok??\n\n\treturn\n",
  "if(a<=b&&c!=d){e||=~f;}/* x */ #!@$%^&*()_+-=[]{}|;':\",./<>?`~",
  "/path/to/file.txt\n//comment\r\n",
  "$100 + €50 = 150£ ± 3% ~ `code` ^2 |pipe|",
  "naïve café Ångström ÉCOLE éÉeE ßẞ",
  "e\u0301a\u0300 n\u0303o combining\u0301 \u0301alone",
  "Привет, мир! КАК дела? Ёжик's",
  "camelCaseWord HTTPServer XMLHttpRequest iPhone2X",
  "中文测试，没有空格。12个 テスト カタカナ ひらがな",
  "漢字kanji混ぜABC かな１２３",
  "한국어 문장입니다 ㄱㄴㄷ",
  "مرحبا بالعالم، ١٢٣ ۱۲",
  "हिन्दी में क्या १२३ नमस्ते",
  "ไทยภาษา ကမ္ဘာ ខ្មែរ ລາວ",
  "🙂🙃 👩‍👩‍👧 👍🏽 ok🙂ok 🇩🇪",
  "“quotes” ‘single’ it’s — dash… «guillemets»",
  "½ ² ³ ① Ⅷ ٣ x² m³",
  "non\u00a0breaking\u2003em\u3000wide\u200bzero\u2028line\u0085next",
  "\u00a0\u00a0a \u3000 b",
  "a_b __init__ snake_case-kebab-case a.b.c",
  "ＡＢＣ ａｂｃ １２３ ！？",
  "ǅ ǈ ʰ ª º ƻ ǀ",
  "0",
  "1234567 12 1234",
  "end. Start? Yes! no; (paren) [b] {c}",
  "don''t ''quoted'' 's 't 'x",
  "tab\tsep\tvalues\n1\t2\t3\n",
  "    four\n        eight\n\n\n    x",
  "mixed 1st 2nd 3rd 100th A1B2C3",
];

const MAX_MERGES = 3000;
const MAX_TOKEN_LENGTH = 10;

/** Merges of the texts as a whole, most frequent pair first, so that tokens cross words, numbers and spaces. */
function mergesOf(texts: readonly string[]): [left: string, right: string][] {
  const words = texts.map((text) => Array.from(encodeByteLevel(text)));
  const merges: [string, string][] = [];
  while (merges.length < MAX_MERGES) {
    const counts = new Map<string, number>();
    for (const word of words) {
      for (let i = 1; i < word.length; i++) {
        const pair = `${word[i - 1]} ${word[i]}`;
        if (pair.length <= MAX_TOKEN_LENGTH + 1) counts.set(pair, (counts.get(pair) ?? 0) + 1);
      }
    }
    if (counts.size === 0) break;
    const best = [...counts].reduce((most, entry) => (entry[1] > most[1] ? entry : most))[0];
    const [left, right] = best.split(" ");
    merges.push([left, right]);
    for (const word of words) {
      for (let i = 1; i < word.length; i++) {
        if (word[i - 1] === left && word[i] === right) word.splice(i - 1, 2, left + right);
      }
    }
  }
  return merges;
}

/** Every character that stands for a byte. */
const BYTES = Array.from({ length: 0x200 }, (_, code) => String.fromCharCode(code)).filter(
  (character) => byteLevelBytes(character) !== null,
);

/** Metadata of a tokenizer that learned `texts`, without `tokenizer.ggml.pre`. */
export function cutMetadata(texts: readonly string[] = CUT_TEXTS): GgufKeys & { "tokenizer.ggml.tokens": string[] } {
  const merges = mergesOf(texts);
  const tokens = ["<s>", "</s>", ...new Set([...BYTES, ...merges.map(([left, right]) => left + right)])];
  return {
    "tokenizer.ggml.model": "gpt2",
    "tokenizer.ggml.tokens": tokens,
    "tokenizer.ggml.token_type": tokens.map((_, id) => (id < 2 ? 3 : 1)),
    "tokenizer.ggml.merges": merges.map((pair) => pair.join(" ")),
    "tokenizer.ggml.bos_token_id": 0,
    "tokenizer.ggml.eos_token_id": 1,
    "tokenizer.ggml.unknown_token_id": undefined,
    "tokenizer.ggml.scores": undefined,
    "tokenizer.ggml.add_bos_token": undefined,
  };
}

/** Metadata as a reader gives it, for one value of `tokenizer.ggml.pre`. */
export function ofPre(metadata: GgufKeys, pre: string): ReadonlyMap<string, unknown> {
  return new Map(Object.entries({ ...metadata, "tokenizer.ggml.pre": pre }).filter(([, value]) => value !== undefined));
}

const BITS = Array.from('abcABCZ  \n\r\t!?.,-/$+`|^~_"()éÉ中文字かなカ한жЖאع١१ก“”—…。，、🙂½²Ⅷ①ǅʰªƻ€©µſKß').concat(
  "  ",
  "\r\n",
  "'s",
  "'S",
  "'ll",
  "'t",
  "'RE",
  "'",
  "’s",
  "12",
  "456",
  "7890",
  "e\u0301",
  "\u0301",
  "👍🏽",
  "\u200d",
  "\u00a0",
  "\u3000",
  "\u2003",
  "\u200b",
  "\u00ad",
);

/** Texts of up to 14 pieces that are hard to cut; the same for a seed (Numerical Recipes' generator). */
export function randomTexts(seed: number, count: number): string[] {
  let state = seed;
  const below = (limit: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
  return Array.from({ length: count }, () =>
    Array.from({ length: 1 + below(14) }, () => BITS[below(BITS.length)]).join(""),
  );
}
