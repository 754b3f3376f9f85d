/** How a text becomes ids. */
export interface EncodeOptions {
  /**
   * What a control token's name inside the text is: "text" like any other, or "parse" for the token itself. Text of a
   * user must be "text", or the user forges turns of a chat. Default "text".
   */
  readonly specialTokens?: "text" | "parse";
  /**
   * Whether the ids that the model expects around a text, such as its begin-of-text id, are put there. Default true.
   */
  readonly addSpecialTokens?: boolean;
}

/** A part of a text, and what names of control tokens in it are. */
export interface TextPart {
  readonly text: string;
  readonly specialTokens: "text" | "parse";
}

/**
 * Text to ids and back, as the engine sees it: no files, no library. `bstar/models` makes one from a tokenizer.json or
 * a GGUF file.
 */
export interface Tokenizer {
  /** Every id that `encode` gives is below it. */
  readonly vocabSize: number;
  /**
   * Leading spaces that `decode` drops from the whole text, because `encode` puts them there (0 or 1 in most models).
   */
  readonly droppedLeadingSpaces: number;
  /** Ids of the text, with the special ids that the model expects around it: an empty text may give `[bos]`. */
  encode(text: string, options?: EncodeOptions): number[];
  /**
   * Ids of the parts put together, as `encode` gives them for one text: parts are no borders between tokens. Needed for
   * chat templates, which write control tokens around a user's text.
   */
  encodeParts?(parts: readonly TextPart[], options?: Pick<EncodeOptions, "addSpecialTokens">): number[];
  /**
   * A number of ids that `encode` gives at least, told without encoding: what is far too long can be refused at once.
   */
  leastTokenCount?(text: string): number;
  /**
   * Text of the ids; unknown ids are skipped, and special ones unless `skipSpecialTokens` is false. Ill-formed UTF-8
   * becomes U+FFFD as the WHATWG decoder does it.
   */
  decode(ids: ArrayLike<number>, options?: { readonly skipSpecialTokens?: boolean }): string;
  /**
   * Bytes that the id stands for, read-only; none for special and unknown ids. One id may be a piece of a character.
   */
  tokenBytes(id: number): Uint8Array;
  /**
   * Bytes of the id where it is the first of a text, if they may differ: `Metaspace` drops all spaces of a first token.
   */
  firstTokenBytes?(id: number): Uint8Array;
  /** Name of a special id as bytes, read-only; none for all others. Needed for `skipSpecialTokens: false`. */
  specialTokenBytes?(id: number): Uint8Array;
}

const SPACE = 0x20;

/**
 * Turns a growing list of ids into pieces of text.
 *
 * Law: the pieces of `push` and the last one of `end`, put together, equal `decode(ids)`, whatever the ids; no piece
 * holds half a character. With context ids they equal what `decode(context + ids)` has beyond the context's own pieces,
 * so that a continuation keeps its leading space. At most 3 bytes are held back; a push costs the length of its token.
 *
 * vLLM and TGI compare two decodes of a sliding window instead, as their tokenizers show no bytes; that grows without
 * bound while ids decode to U+FFFD, and loses the law at window edges.
 */
export class IncrementalDetokenizer {
  readonly #tokenizer: Tokenizer;
  readonly #decoder = newDecoder();
  readonly #showsSpecial: boolean;
  #spacesToDrop: number;
  #isFirst = true;

  constructor(
    tokenizer: Tokenizer,
    contextIds: ArrayLike<number> = [],
    { skipSpecialTokens = true }: { readonly skipSpecialTokens?: boolean } = {},
  ) {
    this.#tokenizer = tokenizer;
    this.#showsSpecial = !skipSpecialTokens;
    this.#spacesToDrop = tokenizer.droppedLeadingSpaces;
    for (let i = 0; i < contextIds.length; i++) this.push(contextIds[i]);
  }

  /** The text that became certain with this id: often "", never half a character. */
  push(id: number): string {
    let bytes = this.#tokenizer.tokenBytes(id);
    if (bytes.length === 0 && this.#showsSpecial) bytes = this.#tokenizer.specialTokenBytes?.(id) ?? bytes;
    if (bytes.length === 0) return "";
    if (this.#isFirst) bytes = this.#tokenizer.firstTokenBytes?.(id) ?? bytes;
    this.#isFirst = false;
    return this.#decoder.decode(this.#withoutLeadingSpaces(bytes), { stream: true });
  }

  /**
   * The rest: U+FFFD where the ids end inside a character. Afterwards the detokenizer is as after its last id, with
   * nothing held back.
   */
  end(): string {
    return this.#decoder.decode();
  }

  #withoutLeadingSpaces(bytes: Uint8Array): Uint8Array {
    if (this.#spacesToDrop === 0) return bytes;
    let dropped = 0;
    while (dropped < this.#spacesToDrop && bytes[dropped] === SPACE) dropped++;
    this.#spacesToDrop = dropped === bytes.length ? this.#spacesToDrop - dropped : 0;
    return bytes.subarray(dropped);
  }
}

/**
 * `Tokenizer.decode` for implementations that have `tokenBytes`; behind context ids, what the ids add to their text.
 */
export function decodeTokenBytes(
  tokenizer: Tokenizer,
  ids: ArrayLike<number>,
  contextIds: ArrayLike<number> = [],
  options?: { readonly skipSpecialTokens?: boolean },
): string {
  const detokenizer = new IncrementalDetokenizer(tokenizer, contextIds, options);
  let text = "";
  for (let i = 0; i < ids.length; i++) text += detokenizer.push(ids[i]);
  return text + detokenizer.end();
}

/** A byte order mark is text like any other inside a sequence, so it is kept. */
function newDecoder(): TextDecoder {
  return new TextDecoder("utf-8", { ignoreBOM: true });
}
