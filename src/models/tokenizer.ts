import { InvalidModelError, UnsupportedModelError } from "../errors.ts";
import { describe, excerpt, isObject, type JsonObject } from "../json.ts";
import { parseDecoder } from "./token-bytes.ts";
import { parseAddedTokens, type AddedToken } from "./tokenizer/added-tokens.ts";
import { assembleTokenizer, type ModelTokenizer } from "./tokenizer/assemble.ts";
import { parseNormalizer } from "./tokenizer/normalizers.ts";
import { parseBpe } from "./tokenizer/parse-bpe.ts";
import { parsePostProcessor, type Surrounding } from "./tokenizer/post-processor.ts";
import { parsePreTokenizer } from "./tokenizer/pre-tokenizers.ts";
import type { TokenModel } from "./tokenizer/token-model.ts";
import { Unigram } from "./tokenizer/unigram.ts";

const FILE = "tokenizer.json";

/** Largest vocabulary, 16 times Gemma 3's 262,144: an id far outside would make every table that long. */
const MAX_VOCAB_SIZE = 2 ** 22;

/**
 * The tokenizer that a tokenizer.json describes: each part does what the Rust library (huggingface/tokenizers)
 * documents, or is refused by name (docs/tokenizers.md). Decoding goes by each token's bytes, so that a stream and the
 * whole always agree. Of `config`, tokenizer_config.json, `add_bos_token` and `add_eos_token` count where
 * tokenizer.json has no template; the fields `truncation` and `padding` of tokenizer.json do not, as a prompt is never
 * cut.
 *
 * Throws `InvalidModelError` where the file contradicts itself, `UnsupportedModelError` for parts that are not
 * implemented.
 */
export function parseTokenizer(json: JsonObject, config: JsonObject | null = null): ModelTokenizer {
  try {
    return assemble(json, config);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new InvalidModelError(`${FILE}: its parts are nested too deep`, { cause: error });
  }
}

function assemble(json: JsonObject, config: JsonObject | null): ModelTokenizer {
  checkIds(json);
  const addedTokens = parseAddedTokens(json["added_tokens"]);
  const normalizer = parseNormalizer(json["normalizer"]);
  return assembleTokenizer({
    addedTokens,
    normalizer,
    preTokenizer: parsePreTokenizer(json["pre_tokenizer"]),
    model: parseModel(json["model"] as JsonObject, addedTokens),
    surrounding: checkSurrounding(
      parsePostProcessor(json["post_processor"]) ?? configuredSurrounding(config, addedTokens),
    ),
    decoding: parseDecoder(json["decoder"]),
    removesText: mayRemoveText(json),
  });
}

function checkIds(json: JsonObject): void {
  const { model, added_tokens: added } = json;
  if (!isObject(model)) throw new InvalidModelError(`${FILE}: model must be an object, ${describe(model)}`);
  if (isObject(model["vocab"])) for (const [token, id] of Object.entries(model["vocab"])) checkId(token, id);
  else if (!Array.isArray(model["vocab"])) {
    throw new InvalidModelError(`${FILE}: model.vocab must be an object, ${describe(model["vocab"])}`);
  }
  if (!Array.isArray(added)) throw new InvalidModelError(`${FILE}: added_tokens must be a list, ${describe(added)}`);
  for (const token of added as unknown[]) {
    if (!isObject(token) || typeof token["content"] !== "string") {
      throw new InvalidModelError(`${FILE}: added token ${excerpt(token)} has no content`);
    }
    checkId(token["content"], token["id"]);
  }
}

function checkId(token: string, id: unknown): void {
  const ok = Number.isInteger(id) && (id as number) >= 0 && (id as number) < MAX_VOCAB_SIZE;
  if (!ok) {
    throw new InvalidModelError(
      `${FILE}: id of ${excerpt(token)} must be an integer from 0 to ${MAX_VOCAB_SIZE - 1}, ${describe(id)}`,
    );
  }
}

/** Files of before 2020 name no type: what has merges is BPE. No text becomes a control token by way of the model. */
function parseModel(model: JsonObject, addedTokens: readonly AddedToken[]): TokenModel {
  const controlIds = new Set(addedTokens.filter(({ special }) => special).map(({ id }) => id));
  const type =
    model["type"] ?? (model["merges"] !== undefined ? "BPE" : Array.isArray(model["vocab"]) ? "Unigram" : "of no type");
  if (type === "BPE") return parseBpe(model, controlIds);
  if (type === "Unigram") return new Unigram(model, controlIds);
  throw new UnsupportedModelError(`${FILE}: model ${excerpt(type)} is not implemented, only BPE and Unigram`);
}

/** As transformers' `LlamaTokenizerFast` does: DeepSeek's folders say it there alone. */
function configuredSurrounding(config: JsonObject | null, addedTokens: readonly AddedToken[]): Surrounding {
  const idsOf = (flag: string, key: string): number[] => {
    if (config?.[flag] !== true) return [];
    const name = tokenName(config[key]);
    const token = addedTokens.find(({ content }) => content === name);
    if (token === undefined) {
      throw new InvalidModelError(
        `tokenizer_config.json: ${flag} is true, but ${key} ${excerpt(config[key] ?? null)} is no added token`,
      );
    }
    return [token.id];
  };
  return { before: idsOf("add_bos_token", "bos_token"), after: idsOf("add_eos_token", "eos_token") };
}

/** A token's name: a string, or an object with `content`. */
export function tokenName(value: unknown): string | null {
  if (typeof value === "string") return value;
  return isObject(value) && typeof value["content"] === "string" ? value["content"] : null;
}

/** Stages known to keep every character; NFC may join some, so it does not count. */
const KEEPING: ReadonlySet<unknown> = new Set([
  "Sequence",
  "Prepend",
  "ByteLevel",
  "Metaspace",
  "Digits",
  "FixedLength",
]);

/** Whether a text may have fewer ids than its length suggests: unknown characters in a row may be one id, too. */
function mayRemoveText(json: JsonObject): boolean {
  const model = json["model"] as JsonObject;
  const fuses = model["type"] === "Unigram" || (model["fuse_unk"] === true && (model["unk_token"] ?? null) !== null);
  return (fuses && model["byte_fallback"] !== true) || [json["normalizer"], json["pre_tokenizer"]].some(removesText);
}

function removesText(config: unknown): boolean {
  if (!isObject(config)) return false;
  const steps = [config["normalizers"], config["pretokenizers"]].filter(Array.isArray).flat();
  if (steps.some(removesText)) return true;
  if (config["type"] === "Split" || config["type"] === "Punctuation") return config["behavior"] === "Removed";
  const keepsLength =
    config["type"] === "Replace" &&
    isObject(config["pattern"]) &&
    String(config["pattern"]["String"]).length === String(config["content"]).length;
  return !keepsLength && !KEEPING.has(config["type"]);
}

function checkSurrounding(surrounding: Surrounding): Surrounding {
  for (const id of [...surrounding.before, ...surrounding.after]) checkId("a token around the text", id);
  return surrounding;
}
