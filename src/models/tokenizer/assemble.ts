import { decodeTokenBytes, type EncodeOptions, type Tokenizer } from "../../tokenizer.ts";
import type { TokenDecoding } from "../token-bytes.ts";
import { cuttersFor, type AddedToken, type Cutters } from "./added-tokens.ts";
import { ByteTable, NO_BYTES } from "./byte-table.ts";
import type { Normalizer } from "./normalizers.ts";
import type { Surrounding } from "./post-processor.ts";
import type { PreTokenizer } from "./pre-tokenizers.ts";
import type { TokenModel } from "./token-model.ts";

/** A tokenizer that can let other work run while it encodes. */
export interface ModelTokenizer extends Tokenizer {
  /** The ids of `encode`, in turns of about a millisecond; rejects with the signal's reason once it is aborted. */
  encodeAsync(text: string, options?: EncodeOptions & { readonly signal?: AbortSignal }): Promise<number[]>;
}

/** A tokenizer's parts, in the order in which a text passes them. */
export interface TokenizerParts {
  readonly addedTokens: readonly AddedToken[];
  readonly normalizer: Normalizer | null;
  readonly preTokenizer: PreTokenizer;
  readonly model: TokenModel;
  readonly surrounding: Surrounding;
  readonly decoding: TokenDecoding;
}

/** UTF-16 units that are encoded before other work gets a turn: about a millisecond. */
const TURN = 16_384;

/**
 * A tokenizer of its parts: text, cut at added tokens, normalized, cut at added tokens again, pre-tokenized, encoded piece by
 * piece; the stages of the Rust library (huggingface/tokenizers, `TokenizerImpl::encode`).
 */
export function assembleTokenizer(parts: TokenizerParts): ModelTokenizer {
  const { addedTokens, normalizer, decoding, surrounding } = parts;
  const cutters = {
    parse: cuttersFor(addedTokens, normalizer),
    text: cuttersFor(addedTokens.filter(({ special }) => !special), normalizer),
  };
  const { bytes, firstBytes, specialBytes } = tabulate(parts);
  const encoding = (text: string, { specialTokens = "text", addSpecialTokens = true }: EncodeOptions): Encoding => {
    const { before, after } = addSpecialTokens ? surrounding : { before: [], after: [] };
    return { parts, cutters: cutters[specialTokens], text: text.replaceAll(/\p{Surrogate}/gu, "\u{fffd}"), before, after };
  };
  const tokenizer: ModelTokenizer = {
    vocabSize: bytes.length,
    droppedLeadingSpaces: decoding.droppedLeadingSpaces,
    encode: (text, options = {}) => drain(encode(encoding(text, options))),
    encodeAsync: (text, options = {}) => drainInTurns(encode(encoding(text, options)), options.signal),
    decode: (ids, options) => decodeTokenBytes(tokenizer, ids, [], options),
    tokenBytes: (id) => bytes.at(id),
    firstTokenBytes: firstBytes === null ? undefined : (id) => firstBytes.at(id),
    specialTokenBytes: (id) => specialBytes.at(id),
  };
  return tokenizer;
}

interface Encoding {
  readonly parts: TokenizerParts;
  readonly cutters: Cutters;
  readonly text: string;
  readonly before: readonly number[];
  readonly after: readonly number[];
}

/** Gives the ids, and a turn to others after each `TURN` of text. */
function* encode({ parts, cutters, text, before, after }: Encoding): Generator<void, number[]> {
  const ids: number[] = [...before];
  let sinceTurn = 0;
  for (const section of cutters.raw(text)) {
    if (section.id >= 0) {
      ids.push(section.id);
      continue;
    }
    const raw = text.slice(section.start, section.end);
    const normalized = parts.normalizer === null ? raw : parts.normalizer(raw);
    for (const { id, start, end } of cutters.normalized(normalized)) {
      if (id >= 0) {
        ids.push(id);
        continue;
      }
      for (const piece of parts.preTokenizer({ text: normalized.slice(start, end), first: section.start === 0 && start === 0 })) {
        parts.model.encode(piece.text, ids);
        sinceTurn += piece.text.length;
        if (sinceTurn < TURN) continue;
        sinceTurn = 0;
        yield;
      }
    }
  }
  for (const id of after) ids.push(id);
  return ids;
}

function drain<T>(steps: Generator<void, T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

async function drainInTurns<T>(steps: Generator<void, T>, signal: AbortSignal | undefined): Promise<T> {
  for (;;) {
    signal?.throwIfAborted();
    const step = steps.next();
    if (step.done === true) return step.value;
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
}

/** An added token is decoded as a token of the vocabulary is, a special one is a name and no text. */
function tabulate({ model, addedTokens, decoding }: TokenizerParts): { bytes: ByteTable; firstBytes: ByteTable | null; specialBytes: ByteTable } {
  const contents: (string | undefined)[] = [...model.tokens];
  const special: (Uint8Array | undefined)[] = [];
  for (const { id, content, special: isSpecial } of addedTokens) {
    contents[id] = content;
    if (isSpecial) special[id] = ENCODER.encode(content);
  }
  const all = (toBytes: (token: string) => Uint8Array): ByteTable =>
    new ByteTable(Array.from(contents, (content, id) => (content === undefined || special[id] !== undefined ? NO_BYTES : toBytes(content))));
  const { toBytes, firstToBytes } = decoding;
  return { bytes: all(toBytes), firstBytes: firstToBytes === null ? null : all(firstToBytes), specialBytes: new ByteTable(Array.from(special)) };
}

const ENCODER = new TextEncoder();
