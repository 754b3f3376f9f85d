import { InvalidModelError, UnsupportedModelError } from "../../errors.ts";
import { encodeByteLevel } from "../byte-level.ts";
import { describe, excerpt } from "../../json.ts";
import { parseDecoder } from "../token-bytes.ts";
import type { AddedToken } from "./added-tokens.ts";
import { assembleTokenizer, type ModelTokenizer } from "./assemble.ts";
import { Bpe } from "./bpe.ts";
import { GGUF_PRE_TOKENIZERS, type GgufPreTokenizer } from "./gguf-patterns.ts";
import { readMerges } from "./parse-bpe.ts";
import { parsePattern } from "./pattern.ts";
import type { Surrounding } from "./post-processor.ts";
import { chain, cutting, type PreTokenizer } from "./pre-tokenizers.ts";
import { scoreBpe } from "./score-bpe.ts";

/** Values of a GGUF file's metadata by key. */
export type GgufMetadata = ReadonlyMap<string, unknown>;

/** `tokenizer.ggml.token_type` (llama.cpp's `llama_token_type`). */
const TYPE = { unknown: 2, control: 3, userDefined: 4, unused: 5 } as const;

const SPACES_TO_METASPACE = { type: "Replace", pattern: { String: "▁" }, content: " " };

/**
 * The tokenizer in a GGUF file's metadata, as llama.cpp (src/llama-vocab.cpp) runs it: `tokenizer.ggml.model` "gpt2"
 * (byte-level BPE, cut by the patterns that `tokenizer.ggml.pre` names) and "llama" (SentencePiece: merges by the
 * scores of their tokens).
 *
 * Throws `InvalidModelError` for what contradicts itself, `UnsupportedModelError` for other models, by name.
 */
export function tokenizerFromGguf(metadata: GgufMetadata): ModelTokenizer {
  const fields = new Metadata(metadata);
  const model = fields.string("tokenizer.ggml.model");
  if (model === "gpt2") return byteLevelTokenizer(fields);
  if (model === "llama") return sentencePieceTokenizer(fields);
  throw new UnsupportedModelError(`tokenizer.ggml.model ${excerpt(model)} is not implemented, only "gpt2" and "llama"`);
}

function byteLevelTokenizer(fields: Metadata): ModelTokenizer {
  const name = fields.string("tokenizer.ggml.pre", "default");
  const pre = GGUF_PRE_TOKENIZERS.get(name);
  if (pre === undefined) {
    throw new UnsupportedModelError(
      `tokenizer.ggml.pre ${excerpt(name)} is not implemented, only ${[...GGUF_PRE_TOKENIZERS.keys()].join(", ")}`,
    );
  }
  const vocabulary = readVocabulary(fields);
  const pairs = readMerges(fields.get("tokenizer.ggml.merges"), { ...vocabulary, prefixLength: 0 });
  return assembleTokenizer({
    addedTokens: vocabulary.addedTokens,
    normalizer: null,
    preTokenizer: preTokenizerOf(pre),
    model: new Bpe({
      fuseUnknown: false,
      byteFallback: false,
      continuingPrefix: "",
      endSuffix: "",
      tokens: vocabulary.tokens,
      vocab: vocabulary.ofText,
      find: (left, right) => pairs.find(left, right),
      unknownId: vocabulary.unknownId,
      ignoreMerges: pre.ignoreMerges === true,
    }),
    surrounding: surroundingOf(fields, vocabulary.tokens.length, pre.addBos === true),
    decoding: parseDecoder({ type: "ByteLevel" }),
    removesText: false,
  });
}

function preTokenizerOf({ patterns }: GgufPreTokenizer): PreTokenizer {
  const cut = chain(
    patterns.map((source) => cutting(parsePattern({ Regex: source }, "tokenizer.ggml.pre"), "Isolated")),
  );
  return (piece) => cut(piece).map(({ text, first }) => ({ text: encodeByteLevel(text), first }));
}

/**
 * Spaces are "▁", and with `add_space_prefix` one is put in front of the text and of what follows each special token.
 */
function sentencePieceTokenizer(fields: Metadata): ModelTokenizer {
  const vocabulary = readVocabulary(fields);
  const { tokens, ofText } = vocabulary;
  const scores = fields.numbers("tokenizer.ggml.scores", tokens.length);
  if (scores === null) throw new InvalidModelError("tokenizer.ggml.scores is missing");
  const prefix = fields.boolean("tokenizer.ggml.add_space_prefix", true) ? "▁" : "";
  const steps = [
    SPACES_TO_METASPACE,
    { type: "ByteFallback" },
    { type: "Fuse" },
    { type: "Strip", content: " ", start: prefix.length, stop: 0 },
  ];
  return assembleTokenizer({
    addedTokens: vocabulary.addedTokens,
    normalizer: (text) => (text === "" ? "" : prefix + text.replaceAll(" ", "▁")),
    preTokenizer: (piece) => [piece],
    model: scoreBpe({ tokens, vocab: ofText, scores, unknownId: vocabulary.unknownId }),
    surrounding: surroundingOf(fields, tokens.length, true),
    decoding: parseDecoder({ type: "Sequence", decoders: steps }),
    removesText: false,
  });
}

interface Vocabulary {
  readonly tokens: readonly string[];
  readonly all: ReadonlyMap<string, number>;
  /** Without control tokens, which no text becomes. */
  readonly ofText: ReadonlyMap<string, number>;
  readonly addedTokens: readonly AddedToken[];
  readonly controlIds: ReadonlySet<number>;
  readonly unknownId: number | null;
}

/** In files whose name has "phi-3" or "phi3", all other special tokens take the white space behind them along. */
const KEEP_SPACES: ReadonlySet<string> = new Set(["<unk>", "<s>", "<|endoftext|>"]);

function readVocabulary(fields: Metadata): Vocabulary {
  const tokens = fields.strings("tokenizer.ggml.tokens");
  const types = fields.numbers("tokenizer.ggml.token_type", tokens.length) ?? [];
  const all = new Map<string, number>();
  const ofText = new Map<string, number>();
  const addedTokens: AddedToken[] = [];
  const controlIds = new Set<number>();
  const takesSpaces = /phi-?3/i.test(fields.string("general.name", ""));
  for (const [id, token] of tokens.entries()) {
    const type = types[id];
    const special = type === TYPE.control || type === TYPE.unknown || type === TYPE.unused;
    if (special) controlIds.add(id);
    if (!all.has(token)) all.set(token, id);
    if (special || type === TYPE.userDefined) {
      const rstrip = takesSpaces && !KEEP_SPACES.has(token);
      addedTokens.push(addedToken(id, token, { special, sought: type !== TYPE.unused, rstrip }));
    }
    if (!special && !ofText.has(token)) ofText.set(token, id);
  }
  return {
    tokens,
    all,
    ofText,
    addedTokens,
    controlIds,
    unknownId: fields.id("tokenizer.ggml.unknown_token_id", tokens.length),
  };
}

/** An unused token is no text, and looked for nowhere: an empty content is not found. */
function addedToken(
  id: number,
  content: string,
  { special, sought, rstrip }: { special: boolean; sought: boolean; rstrip: boolean },
): AddedToken {
  return {
    id,
    content: sought ? content : "",
    special,
    singleWord: false,
    lstrip: false,
    rstrip,
    normalized: false,
  };
}

function surroundingOf(fields: Metadata, vocabSize: number, addBos: boolean): Surrounding {
  const ids = (flag: string, key: string, fallback: boolean): number[] => {
    const id = fields.id(key, vocabSize);
    return fields.boolean(flag, fallback) && id !== null ? [id] : [];
  };
  return {
    before: ids("tokenizer.ggml.add_bos_token", "tokenizer.ggml.bos_token_id", addBos),
    after: ids("tokenizer.ggml.add_eos_token", "tokenizer.ggml.eos_token_id", false),
  };
}

/** Typed values of the metadata; every error names the key and the value. */
class Metadata {
  readonly #values: GgufMetadata;

  constructor(values: GgufMetadata) {
    this.#values = values;
  }

  get(key: string): unknown {
    return this.#values.get(key);
  }

  string(key: string, fallback?: string): string {
    const value = this.get(key) ?? fallback;
    return typeof value === "string" ? value : this.#fail(key, "a string");
  }

  boolean(key: string, fallback: boolean): boolean {
    const value = this.get(key) ?? fallback;
    return typeof value === "boolean" ? value : this.#fail(key, "true or false");
  }

  strings(key: string): readonly string[] {
    const value = this.get(key);
    const ok = Array.isArray(value) && value.length > 0 && value.every((each) => typeof each === "string");
    return ok ? value : this.#fail(key, "a list of strings");
  }

  /** As many numbers as there are tokens, or null where the key is absent. */
  numbers(key: string, count: number): ArrayLike<number> | null {
    const value = this.get(key);
    if (value === undefined) return null;
    if (!Array.isArray(value) && !ArrayBuffer.isView(value)) this.#fail(key, "a list of numbers");
    const numbers = value as unknown as ArrayLike<number>;
    if (numbers.length !== count) {
      throw new InvalidModelError(`${key} has ${numbers.length} entries, tokenizer.ggml.tokens has ${count}`);
    }
    for (let i = 0; i < count; i++) if (!Number.isFinite(numbers[i])) this.#fail(key, "a list of finite numbers");
    return numbers;
  }

  id(key: string, vocabSize: number): number | null {
    const value = this.get(key);
    if (value === undefined) return null;
    if (!Number.isInteger(value) || (value as number) < 0 || (value as number) >= vocabSize) {
      this.#fail(key, `an id below ${vocabSize}`);
    }
    return value as number;
  }

  #fail(key: string, wanted: string): never {
    throw new InvalidModelError(`${key} must be ${wanted}, ${describe(this.get(key))}`);
  }
}
