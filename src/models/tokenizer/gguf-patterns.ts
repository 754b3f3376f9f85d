import { DEEPSEEK3, GPT2, GPT4O, LLAMA3, QWEN2, TEKKEN } from "./known-patterns.ts";

/**
 * How llama.cpp cuts a text for one value of `tokenizer.ggml.pre` (src/llama-vocab.cpp): patterns one after the other.
 */
export interface GgufPreTokenizer {
  readonly patterns: readonly string[];
  /** A piece that is a token is taken whole. Default false. */
  readonly ignoreMerges?: boolean;
  /** Whether a begin-of-text id is put in front where the file does not say. Default false. */
  readonly addBos?: boolean;
}

/** Digits one by one, then GPT-2's. */
const SINGLE_DIGITS: GgufPreTokenizer = { patterns: [String.raw`\p{N}`, GPT2] };
const LLAMA3_LIKE: GgufPreTokenizer = { patterns: [LLAMA3], ignoreMerges: true, addBos: true };
const QWEN2_LIKE: GgufPreTokenizer = { patterns: [QWEN2] };
const GPT2_LIKE: GgufPreTokenizer = { patterns: [GPT2] };
const GPT4O_LIKE: GgufPreTokenizer = { patterns: [GPT4O] };
const CL100K_LIKE: GgufPreTokenizer = { patterns: [LLAMA3] };

/** By the value of `tokenizer.ggml.pre`; others are refused by name. */
export const GGUF_PRE_TOKENIZERS: ReadonlyMap<string, GgufPreTokenizer> = new Map([
  ["llama3", LLAMA3_LIKE],
  ["llama-v3", LLAMA3_LIKE],
  ["llama-bpe", LLAMA3_LIKE],
  ["falcon3", LLAMA3_LIKE],
  ["smaug-bpe", CL100K_LIKE],
  ["dbrx", CL100K_LIKE],
  ["qwen2", QWEN2_LIKE],
  ["deepseek-r1-qwen", QWEN2_LIKE],
  ["stablelm2", QWEN2_LIKE],
  ["megrez", QWEN2_LIKE],
  ["smollm", SINGLE_DIGITS],
  ["starcoder", SINGLE_DIGITS],
  ["refact", SINGLE_DIGITS],
  ["command-r", SINGLE_DIGITS],
  ["codeshell", SINGLE_DIGITS],
  ["exaone", SINGLE_DIGITS],
  ["minerva-7b", SINGLE_DIGITS],
  ["gpt-2", GPT2_LIKE],
  ["mpt", GPT2_LIKE],
  ["olmo", GPT2_LIKE],
  ["jais", GPT2_LIKE],
  ["phi-2", GPT2_LIKE],
  ["gpt-4o", GPT4O_LIKE],
  ["llama4", GPT4O_LIKE],
  ["tekken", { patterns: [TEKKEN], ignoreMerges: true, addBos: true }],
  ["deepseek-v3", { patterns: DEEPSEEK3 }],
  ["default", { patterns: [String.raw`[\p{P}\$\+<=>\^~\|]+`, GPT2, String.raw`\p{N}+`, "[0-9][0-9][0-9]"] }],
]);
