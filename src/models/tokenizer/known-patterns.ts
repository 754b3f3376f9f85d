/** GPT-2's (openai/gpt-2, src/encoder.py): the pattern of `ByteLevel`. */
export const GPT2 = String.raw`'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`;

const TAIL = String.raw`| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`;
const HEAD = String.raw`(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+`;

/** Llama 3's, which is cl100k_base's of tiktoken without possessive repeats: digits in threes. */
export const LLAMA3 = String.raw`${HEAD}|\p{N}{1,3}${TAIL}`;

/** Qwen 2's: digits one by one. */
export const QWEN2 = String.raw`${HEAD}|\p{N}${TAIL}`;

const TAIL_WITH_SLASH = String.raw`| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+`;
const OTHER = String.raw`[^\r\n\p{L}\p{N}]?`;
const UPPER = String.raw`[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]`;
const LOWER = String.raw`[\p{Ll}\p{Lm}\p{Lo}\p{M}]`;
const CONTRACTIONS = "(?i:'s|'t|'re|'ve|'m|'ll|'d)?";

/** GPT-4o's (o200k_base of tiktoken). */
export const GPT4O =
  `${OTHER}${UPPER}*${LOWER}+${CONTRACTIONS}|${OTHER}${UPPER}+${LOWER}*${CONTRACTIONS}` +
  String.raw`|\p{N}{1,3}${TAIL_WITH_SLASH}`;

/** Mistral's tekken. */
export const TEKKEN = `${OTHER}${UPPER}*${LOWER}+|${OTHER}${UPPER}+${LOWER}*` + String.raw`|\p{N}${TAIL_WITH_SLASH}`;

/** DeepSeek V3's three, one after the other. */
export const DEEPSEEK3: readonly string[] = [
  String.raw`\p{N}{1,3}`,
  "[一-龥぀-ゟ゠-ヿ]+",
  String.raw`[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_${"`"}{|}~][A-Za-z]+|[^${"\r\n"}\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+` +
    String.raw`| ?[\p{P}\p{S}]+[${"\r\n"}]*|\s*[${"\r\n"}]+|\s+(?!\S)|\s+`,
];

/** Published patterns, by hand found to take time in proportion to the text: they run without a guard. */
export const KNOWN_PATTERNS: ReadonlySet<string> = new Set([GPT2, LLAMA3, QWEN2, GPT4O, TEKKEN, ...DEEPSEEK3]);
