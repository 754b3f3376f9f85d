import { DEEPSEEK3, GPT2, GPT4O_ASCII, LLAMA3, QWEN2, QWEN35, TEKKEN_ASCII } from "./known-patterns.ts";

/**
 * How llama.cpp cuts a text for one value of `tokenizer.ggml.pre` (src/llama-vocab.cpp): patterns one after the other.
 * What no pattern matches is a piece of its own.
 */
export interface GgufPreTokenizer {
  readonly patterns: readonly string[];
  /** A piece that is a token is taken whole. Default false. */
  readonly ignoreMerges?: boolean;
  /** Whether a begin-of-text id is put in front where the file does not say. Default false. */
  readonly addBos?: boolean;
}

const CONTRACTIONS = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
const WORDS = String.raw`[^\r\n\p{L}\p{N}]?\p{L}+`;
const SPACES = String.raw`\s+(?!\S)|\s+`;
const SIGNS = String.raw` ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|${SPACES}`;
const NO_COMMA_OR_SPACE = String.raw` ?[^(\s|.,!?…。，、।۔،)]+`;
/** Spaces beyond ASCII belong to no range of characters. */
const EAST_ASIAN = String.raw`[一-龥ࠀ-一가-퟿&&\S]+`;
/** Jais 2's, longest first. */
const RUNS_OF_SPACES = [512, 256, 128, 64, 32, 16, 8, 4, "1,2"].map((n) => String.raw`\s{${n}}(?!\S)`).join("|");

/** Blocks whose cased letters DeepSeek LLM's words do not have. */
const NOT_LISTED = [
  String.raw`\x{560}-\x{588}\x{10C7}-\x{10FF}\x{1C80}-\x{1C8F}\x{2D00}-\x{2D2F}\x{A78F}-\x{A7FF}\x{AB30}-\x{AB6F}`,
  String.raw`\x{10570}-\x{105BF}\x{10D40}-\x{10D8F}\x{16E40}-\x{16E7F}\x{16EA0}-\x{16EDF}\x{1D400}-\x{1DFFF}`,
].join("");
const DEEPSEEK_LLM = [
  String.raw`[\r\n]`,
  String.raw`\s?[\p{Lu}\p{Ll}\p{Lt}&&[^${NOT_LISTED}]]+`,
  String.raw`\s?[!-/:-~！-／：-～‘-‟、-。]+`,
  String.raw`\s+$`,
  EAST_ASIAN,
  String.raw`\p{N}+`,
];
const DEEPSEEK_CODER = [
  String.raw`[\r\n]`,
  String.raw`\s?\p{L}+`,
  String.raw`\s?\p{P}+`,
  EAST_ASIAN,
  String.raw`\p{N}`,
];
const BAILING = String.raw`'(?i:[sdmt]|ll|ve|re)|${WORDS}|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]|${SPACES}`;
const SEED_CODER = String.raw`${CONTRACTIONS}|${WORDS}|\p{N}| ?[^\s\p{L}\p{N}\r\n]+|\s*[\r\n]+|${SPACES}`;
const MINICPM5 = [String.raw`\p{N}{1,3}`, String.raw`${CONTRACTIONS}|${WORDS}|\p{N}+|${SIGNS}`];

/** Values of `tokenizer.ggml.pre`, apart by spaces, and how each cuts. */
const TABLE: Readonly<Record<string, GgufPreTokenizer>> = {
  "llama3 llama-v3 llama-bpe falcon3 falcon-h1 pixtral midm-2.0 lfm2 jina-v5-nano": {
    patterns: [LLAMA3],
    ignoreMerges: true,
    addBos: true,
  },
  "smaug-bpe dbrx chatglm-bpe glm4": { patterns: [LLAMA3] },
  "qwen2 deepseek-r1-qwen kormo f2llmv2 stablelm2 megrez hunyuan grok-2 solar-open": { patterns: [QWEN2] },
  qwen35: { patterns: [QWEN35] },
  "smollm starcoder refact command-r codeshell exaone minerva-7b mellum2": { patterns: [String.raw`\p{N}`, GPT2] },
  "gpt-2 phi-2 mpt olmo jais exaone4 trillion granite-docling mellum gigachat a.x-4.0 modern-bert": {
    patterns: [GPT2],
  },
  "gpt-4o llama4 kanana2 talkie minimax-m2": { patterns: [GPT4O_ASCII] },
  tekken: { patterns: [TEKKEN_ASCII], ignoreMerges: true, addBos: true },
  "deepseek-v3 hunyuan-dense joyai-llm": { patterns: DEEPSEEK3 },
  "deepseek-llm": { patterns: DEEPSEEK_LLM },
  "deepseek-coder": { patterns: DEEPSEEK_CODER },
  falcon: { patterns: [String.raw`[\p{P}\$\+<=>\^~\|${"`"}]+`, GPT2, "[0-9][0-9][0-9]"] },
  "poro-chat bloom gpt3-finnish": { patterns: [NO_COMMA_OR_SPACE] },
  viking: { patterns: [NO_COMMA_OR_SPACE, String.raw`\p{N}`] },
  "bailingmoe bailingmoe2 llada-moe": { patterns: [BAILING] },
  "seed-coder": { patterns: [SEED_CODER] },
  minicpm5: { patterns: MINICPM5, ignoreMerges: true },
  ufakzeka: { patterns: [String.raw`${WORDS}|\p{N}|${SIGNS}`] },
  "jais-2": { patterns: [LLAMA3.replace(String.raw`\s+(?!\S)`, RUNS_OF_SPACES)] },
  default: { patterns: [String.raw`[\p{P}\$\+<=>\^~\|]+`, GPT2, String.raw`\p{N}+`, "[0-9][0-9][0-9]"] },
};

/**
 * By the value of `tokenizer.ggml.pre`; others are refused by name. llama.cpp's answers for each are in
 * test/support/pre-tokenizer-peers.json.
 */
export const GGUF_PRE_TOKENIZERS: ReadonlyMap<string, GgufPreTokenizer> = new Map(
  Object.entries(TABLE).flatMap(([names, how]) =>
    names.split(" ").map((name): [string, GgufPreTokenizer] => [name, how]),
  ),
);
