/** GPT-2's (openai/gpt-2, src/encoder.py): the pattern of `ByteLevel`. */
export const GPT2 = String.raw`'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`;

const TAIL = String.raw`| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`;
const CONTRACTIONS = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
const HEAD = String.raw`${CONTRACTIONS}|[^\r\n\p{L}\p{N}]?\p{L}+`;

/** Llama 3's, which is cl100k_base's of tiktoken without possessive repeats: digits in threes. */
export const LLAMA3 = String.raw`${HEAD}|\p{N}{1,3}${TAIL}`;

/** Qwen 2's: digits one by one. */
export const QWEN2 = String.raw`${HEAD}|\p{N}${TAIL}`;

/** Qwen 3.5's: marks belong to words. */
export const QWEN35 = [
  String.raw`${CONTRACTIONS}|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}`,
  String.raw` ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`,
].join("|");

const UPPER = String.raw`[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]`;
const LOWER = String.raw`[\p{Ll}\p{Lm}\p{Lo}\p{M}]`;
const UPPER_ASCII = String.raw`[\p{L}&&[^a-z]]`;
const LOWER_ASCII = String.raw`[\p{L}&&[^A-Z]]`;

/** Words end where an upper-case letter follows a lower-case one; `end` belongs to a word. */
const cased = (upper: string, lower: string, end: string, digits: string): string =>
  [
    String.raw`[^\r\n\p{L}\p{N}]?${upper}*${lower}+${end}`,
    String.raw`[^\r\n\p{L}\p{N}]?${upper}+${lower}*${end}`,
    digits,
    String.raw` ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+`,
  ].join("|");

/** GPT-4o's (o200k_base of tiktoken), and llama.cpp's, which knows no case beyond ASCII. */
export const GPT4O = cased(UPPER, LOWER, `${CONTRACTIONS}?`, String.raw`\p{N}{1,3}`);
export const GPT4O_ASCII = cased(UPPER_ASCII, LOWER_ASCII, `${CONTRACTIONS}?`, String.raw`\p{N}{1,3}`);

/** Mistral's tekken, and llama.cpp's. */
export const TEKKEN = cased(UPPER, LOWER, "", String.raw`\p{N}`);
export const TEKKEN_ASCII = cased(UPPER_ASCII, LOWER_ASCII, "", String.raw`\p{N}`);

/** DeepSeek V3's three, one after the other. */
export const DEEPSEEK3: readonly string[] = [
  String.raw`\p{N}{1,3}`,
  "[一-龥぀-ゟ゠-ヿ]+",
  String.raw`[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_${"`"}{|}~][A-Za-z]+|[^${"\r\n"}\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+` +
    String.raw`| ?[\p{P}\p{S}]+[${"\r\n"}]*|\s*[${"\r\n"}]+|\s+(?!\S)|\s+`,
];

/** Published patterns, by hand found to take time in proportion to the text: they run without a guard. */
export const KNOWN_PATTERNS: ReadonlySet<string> = new Set([
  GPT2,
  LLAMA3,
  QWEN2,
  QWEN35,
  GPT4O,
  GPT4O_ASCII,
  TEKKEN,
  TEKKEN_ASCII,
  ...DEEPSEEK3,
]);
