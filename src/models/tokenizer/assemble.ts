import { decodeTokenBytes, type EncodeOptions, type TextPart, type Tokenizer } from "../../tokenizer.ts";
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
  encodeParts(parts: readonly TextPart[], options?: Pick<EncodeOptions, "addSpecialTokens">): number[];
  /** The ids of `encodeParts`, in turns. */
  encodePartsAsync(
    parts: readonly TextPart[],
    options?: Pick<EncodeOptions, "addSpecialTokens"> & { readonly signal?: AbortSignal },
  ): Promise<number[]>;
}

/** A tokenizer's parts, in the order in which a text passes them. */
export interface TokenizerParts {
  readonly addedTokens: readonly AddedToken[];
  readonly normalizer: Normalizer | null;
  readonly preTokenizer: PreTokenizer;
  readonly model: TokenModel;
  readonly surrounding: Surrounding;
  readonly decoding: TokenDecoding;
  /** Whether some stage may drop text or many characters may become one token, so that a long text may have few ids. */
  readonly removesText: boolean;
}

/** UTF-16 units that are encoded before other work gets a turn: about a millisecond. */
const TURN = 16_384;

/**
 * A tokenizer of its parts: text, cut at added tokens, normalized, cut at added tokens again, pre-tokenized, encoded
 * piece by piece; the stages of the Rust library (huggingface/tokenizers, `TokenizerImpl::encode`).
 */
export function assembleTokenizer(parts: TokenizerParts): ModelTokenizer {
  const { addedTokens, normalizer, decoding, surrounding } = parts;
  const cutters = cuttersFor(addedTokens, normalizer);
  const { bytes, firstBytes, specialBytes } = tabulate(parts);
  const encoding = (given: readonly TextPart[], addSpecialTokens: boolean): Encoding => {
    const { before, after } = addSpecialTokens ? surrounding : { before: [], after: [] };
    const whole = given.map((part) => ({ ...part, text: part.text.replaceAll(/\p{Surrogate}/gu, "\u{fffd}") }));
    return {
      parts,
      cutters,
      text: whole.map(({ text }) => text).join(""),
      spans: new ControlSpans(whole),
      before,
      after,
    };
  };
  const encodingOf = (text: string, { specialTokens = "text", addSpecialTokens = true }: EncodeOptions): Encoding =>
    encoding([{ text, specialTokens }], addSpecialTokens);
  const longest = longestToken(parts);
  const tokenizer: ModelTokenizer = {
    vocabSize: bytes.length,
    droppedLeadingSpaces: decoding.droppedLeadingSpaces,
    encode: (text, options = {}) => drain(encode(encodingOf(text, options))),
    encodeAsync: (text, options = {}) => drainInTurns(encode(encodingOf(text, options)), options.signal),
    encodeParts: (given, { addSpecialTokens = true } = {}) => drain(encode(encoding(given, addSpecialTokens))),
    encodePartsAsync: (given, { addSpecialTokens = true, signal } = {}) =>
      drainInTurns(encode(encoding(given, addSpecialTokens)), signal),
    leastTokenCount: (text) => (longest === null ? 0 : Math.ceil(text.length / longest)),
    decode: (ids, options) => decodeTokenBytes(tokenizer, ids, [], options),
    tokenBytes: (id) => bytes.at(id),
    firstTokenBytes: firstBytes === null ? undefined : (id) => firstBytes.at(id),
    specialTokenBytes: (id) => specialBytes.at(id),
  };
  return tokenizer;
}

/** Most UTF-16 units that one id stands for; null where there is no bound. */
function longestToken({ model, addedTokens, removesText }: TokenizerParts): number | null {
  if (removesText || addedTokens.some(({ lstrip, rstrip }) => lstrip || rstrip)) return null;
  const contents = [...model.tokens, ...addedTokens.map(({ content }) => content)];
  return contents.reduce((longest, content) => Math.max(longest, content?.length ?? 0), 1);
}

interface Encoding {
  readonly parts: TokenizerParts;
  readonly cutters: Cutters;
  readonly text: string;
  readonly spans: ControlSpans;
  readonly before: readonly number[];
  readonly after: readonly number[];
}

const isNoControl = ({ special }: AddedToken): boolean => !special;

/** Where a text may hold control tokens. */
class ControlSpans {
  /** Flat: [start, end, …]; adjacent ranges are joined. */
  readonly #spans: number[] = [];

  constructor(parts: readonly TextPart[]) {
    let at = 0;
    for (const { text, specialTokens } of parts) {
      const start = at;
      at += text.length;
      if (specialTokens !== "parse") continue;
      if (this.#spans.at(-1) === start) this.#spans[this.#spans.length - 1] = at;
      else this.#spans.push(start, at);
    }
  }

  /** Whether all of [start, end) may. */
  covers(start: number, end: number): boolean {
    let low = 0;
    let high = this.#spans.length / 2;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#spans[middle * 2 + 1] < end) low = middle + 1;
      else high = middle;
    }
    return low < this.#spans.length / 2 && this.#spans[low * 2] <= start;
  }
}

/** Gives the ids, and a turn to others after each `TURN` of text. */
function* encode({ parts, cutters, text, spans, before, after }: Encoding): Generator<void, number[]> {
  const ids: number[] = [...before];
  let sinceTurn = 0;
  for (const section of cutters.raw(text, (token, start, end) => isNoControl(token) || spans.covers(start, end))) {
    if (section.id >= 0) {
      ids.push(section.id);
      continue;
    }
    const raw = text.slice(section.start, section.end);
    const normalized = parts.normalizer === null ? raw : parts.normalizer(raw);
    const accepts = spans.covers(section.start, section.end) ? () => true : isNoControl;
    for (const { id, start, end } of cutters.normalized(normalized, accepts)) {
      if (id >= 0) {
        ids.push(id);
        continue;
      }
      for (const piece of parts.preTokenizer({
        text: normalized.slice(start, end),
        first: section.start === 0 && start === 0,
      })) {
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

/**
 * An added token is decoded as a token of the vocabulary is, a normalized one in its normalized form; a special one is
 * a name and no text.
 */
function tabulate({ model, addedTokens, normalizer, decoding }: TokenizerParts): {
  bytes: ByteTable;
  firstBytes: ByteTable | null;
  specialBytes: ByteTable;
} {
  const contents: (string | undefined)[] = [...model.tokens];
  const special: (Uint8Array | undefined)[] = [];
  for (const { id, content, normalized, special: isSpecial } of addedTokens) {
    contents[id] = normalized && normalizer !== null ? normalizer(content) : content;
    if (isSpecial) special[id] = ENCODER.encode(content);
  }
  const all = (toBytes: (token: string) => Uint8Array): ByteTable =>
    new ByteTable(
      Array.from(contents, (content, id) =>
        content === undefined || special[id] !== undefined ? NO_BYTES : toBytes(content),
      ),
    );
  const { toBytes, firstToBytes } = decoding;
  return {
    bytes: all(toBytes),
    firstBytes: firstToBytes === null ? null : all(firstToBytes),
    specialBytes: new ByteTable(Array.from(special)),
  };
}

const ENCODER = new TextEncoder();
