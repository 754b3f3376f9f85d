import { Tokenizer as LibraryTokenizer } from "@huggingface/tokenizers";
import { InvalidModelError, UnsupportedModelError } from "../errors.ts";
import { decodeTokenBytes, type Tokenizer } from "../tokenizer.ts";
import { describe, excerpt, isObject, type JsonObject } from "./json.ts";
import { parseDecoder, type TokenDecoding } from "./token-bytes.ts";

const FILE = "tokenizer.json";

/** Largest vocabulary, 16 times Gemma 3's 262,144: an id far outside would make every table that long. */
const MAX_VOCAB_SIZE = 2 ** 22;

/** What is used of the library: its own declarations name files without extensions, which Node's resolution takes for `any`. */
interface Library {
  encode(text: string): { readonly ids: readonly (number | undefined)[]; readonly tokens: readonly string[] };
  get_vocab(): ReadonlyMap<string | undefined, number>;
  get_added_tokens_decoder(): ReadonlyMap<number, { readonly content: string; readonly special: boolean }>;
}

const NO_BYTES = new Uint8Array(0);
const ENCODER = new TextEncoder();

/**
 * The tokenizer that a tokenizer.json describes. `@huggingface/tokenizers` encodes; decoding goes by each token's bytes, so
 * that a stream and the whole always agree. tokenizer_config.json plays no part, as in the Rust library.
 *
 * Throws `InvalidModelError` where the file contradicts itself, `UnsupportedModelError` for parts that are not implemented.
 */
export function parseTokenizer(json: JsonObject): Tokenizer {
  checkIds(json);
  const decoding = parseDecoder(json["decoder"]);
  const library = openLibrary(json);
  const table = tabulateBytes(library, decoding);
  const tokenizer: Tokenizer = {
    vocabSize: table.indptr.length - 1,
    droppedLeadingSpaces: decoding.droppedLeadingSpaces,
    encode: (text) => encode(library, text),
    decode: (ids) => decodeTokenBytes(tokenizer, ids),
    tokenBytes: (id) => bytesOf(table, id),
  };
  tokenizer.encode(""); // ids of the special tokens around a text: wrong ones are the file's fault, so they show here
  return tokenizer;
}

/** What the library takes on trust. */
function checkIds(json: JsonObject): void {
  const { model, added_tokens: added } = json;
  if (!isObject(model)) throw new InvalidModelError(`${FILE}: model must be an object, ${describe(model)}`);
  if (isObject(model["vocab"])) for (const [token, id] of Object.entries(model["vocab"])) checkId(token, id);
  else if (!Array.isArray(model["vocab"])) throw new InvalidModelError(`${FILE}: model.vocab must be an object, ${describe(model["vocab"])}`);
  if (!Array.isArray(added)) throw new InvalidModelError(`${FILE}: added_tokens must be a list, ${describe(added)}`);
  for (const token of added as unknown[]) {
    if (!isObject(token) || typeof token["content"] !== "string") throw new InvalidModelError(`${FILE}: added token ${excerpt(token)} has no content`);
    checkId(token["content"], token["id"]);
  }
}

function checkId(token: string, id: unknown): void {
  const ok = Number.isInteger(id) && (id as number) >= 0 && (id as number) < MAX_VOCAB_SIZE;
  if (!ok) throw new InvalidModelError(`${FILE}: id of ${excerpt(token)} must be an integer from 0 to ${MAX_VOCAB_SIZE - 1}, ${describe(id)}`);
}

function openLibrary(json: JsonObject): Library {
  try {
    return new LibraryTokenizer(json, {}) as Library;
  } catch (cause) {
    const { message } = cause as Error;
    if (/^Unknown \w+ type/.test(message)) throw new UnsupportedModelError(`${FILE}: ${message}`);
    throw new InvalidModelError(`${FILE}: ${message}`, { cause });
  }
}

function encode(library: Library, text: string): number[] {
  const { ids, tokens } = library.encode(text);
  const bad = ids.indexOf(undefined);
  if (bad >= 0) throw new InvalidModelError(`${FILE}: ${excerpt(tokens[bad])} has no id, and there is no unk_token`);
  return ids as number[];
}

/** Bytes of all ids in one array, CSR: id's are `bytes[indptr[id] .. indptr[id + 1])`. */
interface ByteTable {
  readonly bytes: Uint8Array;
  readonly indptr: Uint32Array;
}

function bytesOf({ bytes, indptr }: ByteTable, id: number): Uint8Array {
  const end = indptr[id + 1];
  return end === undefined ? NO_BYTES : bytes.subarray(indptr[id], end); // -1 ends at 0, so it is empty too
}

/** Added tokens are text as they stand, whatever the decoder; special ones are no text. */
function tabulateBytes(library: Library, decoding: TokenDecoding): ByteTable {
  const pieces: (Uint8Array | undefined)[] = [];
  for (const [token, id] of library.get_vocab()) if (token !== undefined) pieces[id] = decoding.toBytes(token);
  for (const [id, token] of library.get_added_tokens_decoder()) pieces[id] = token.special ? NO_BYTES : ENCODER.encode(token.content);
  const indptr = new Uint32Array(pieces.length + 1);
  for (let id = 0; id < pieces.length; id++) indptr[id + 1] = indptr[id] + (pieces[id]?.length ?? 0);
  const bytes = new Uint8Array(indptr[pieces.length]);
  for (let id = 0; id < pieces.length; id++) bytes.set(pieces[id] ?? NO_BYTES, indptr[id]);
  return { bytes, indptr };
}
