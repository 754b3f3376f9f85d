import { InvalidModelError, UnsupportedModelError } from "../../errors.ts";
import { encodeByteLevel } from "../byte-level.ts";
import { excerpt, isObject, type JsonObject } from "../../json.ts";
import { GPT2 } from "./known-patterns.ts";
import { parsePattern, spansOf, type Pattern } from "./pattern.ts";
import { parseBehavior, split, type SplitBehavior } from "./split.ts";

/** A piece of text on its way to the model. */
export interface Piece {
  readonly text: string;
  /** Whether it begins where the whole text begins: `Metaspace` with "first" looks at that. */
  readonly first: boolean;
}

/** Cuts a piece into smaller ones, none empty, and may rewrite them. */
export type PreTokenizer = (piece: Piece) => Piece[];

/** `char::is_whitespace` of Rust, and `is_ascii_punctuation` with Unicode's class P. */
const WHITESPACE = /\p{White_Space}/gu;
const PUNCTUATION = /[\p{P}!-/:-@[-`{-~]/gu;
const NUMERIC = /\p{N}/gu;
/** `\w+|[^\w\s]+` as Rust's regex crate reads it. */
const WORD = String.raw`\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}`;
const WORDS = new RegExp(String.raw`[${WORD}]+|[^${WORD}\p{White_Space}]+`, "gu");

/**
 * The `pre_tokenizer` of a tokenizer.json, each kind as the Rust library (huggingface/tokenizers) defines it. Throws
 * `UnsupportedModelError` for a kind that is not implemented, by name.
 */
export function parsePreTokenizer(config: unknown): PreTokenizer {
  if (config === null || config === undefined) return (piece) => [piece];
  if (!isObject(config)) {
    throw new InvalidModelError(`tokenizer.json: pre_tokenizer must be an object, got ${excerpt(config)}`);
  }
  const { type } = config;
  switch (type) {
    case "Sequence":
      return sequence(config);
    case "ByteLevel":
      return byteLevel(config);
    case "Metaspace":
      return metaspace(config);
    case "Split":
      return cutting(
        parsePattern(config["pattern"], "Split"),
        parseBehavior(config["behavior"], "Split"),
        config["invert"] === true,
      );
    case "Punctuation":
      return cutting(builtin(PUNCTUATION), parseBehavior(config["behavior"] ?? "Isolated", "Punctuation"));
    case "Digits":
      return cutting(builtin(NUMERIC), config["individual_digits"] === true ? "Isolated" : "Contiguous");
    case "Whitespace":
      return cutting(builtin(WORDS), "Removed", true);
    case "WhitespaceSplit":
      return cutting(builtin(WHITESPACE), "Removed");
    case "BertPreTokenizer":
      return chain([cutting(builtin(WHITESPACE), "Removed"), cutting(builtin(PUNCTUATION), "Isolated")]);
    case "CharDelimiterSplit":
      return cutting(parsePattern({ String: config["delimiter"] }, "CharDelimiterSplit"), "Removed");
    case "FixedLength":
      return fixedLength(config["length"]);
    default:
      throw new UnsupportedModelError(`tokenizer.json: pre_tokenizer ${excerpt(type)} is not implemented`);
  }
}

/** The pre-tokenizers one after the other. */
export function chain(steps: readonly PreTokenizer[]): PreTokenizer {
  return (piece) => steps.reduce((pieces, step) => pieces.flatMap((each) => step(each)), [piece]);
}

function sequence(config: JsonObject): PreTokenizer {
  const steps = config["pretokenizers"];
  if (!Array.isArray(steps)) {
    throw new InvalidModelError(`tokenizer.json: pre_tokenizer Sequence has no list of pretokenizers`);
  }
  return chain(steps.map((step) => parsePreTokenizer(step)));
}

function builtin(expression: RegExp): Pattern {
  return (text) => spansOf(expression, text);
}

export function cutting(pattern: Pattern, behavior: SplitBehavior, invert = false): PreTokenizer {
  return ({ text, first }) => {
    const spans = split(text, pattern, { behavior, invert });
    const pieces: Piece[] = [];
    for (let i = 0; i < spans.length; i += 2) {
      pieces.push({ text: text.slice(spans[i], spans[i + 1]), first: first && spans[i] === 0 });
    }
    return pieces;
  };
}

/** GPT-2's: a character for each byte of UTF-8. */
function byteLevel(config: JsonObject): PreTokenizer {
  const cut =
    config["use_regex"] === false ? chain([]) : cutting(parsePattern({ Regex: GPT2 }, "ByteLevel"), "Isolated");
  return ({ text, first }) => {
    const spaced = config["add_prefix_space"] === true && !text.startsWith(" ") ? ` ${text}` : text;
    return cut({ text: spaced, first }).map((piece) => ({ text: encodeByteLevel(piece.text), first: piece.first }));
  };
}

const SCHEMES: ReadonlySet<unknown> = new Set(["always", "first", "never"]);

/** SentencePiece's: spaces are "▁", one is put in front, and words begin with it. */
function metaspace(config: JsonObject): PreTokenizer {
  const { replacement = "▁", prepend_scheme: scheme = "always", add_prefix_space: prefix } = config;
  const fits = typeof replacement === "string" && Array.from(replacement).length === 1 && SCHEMES.has(scheme);
  if (!fits || (prefix === false && config["prepend_scheme"] !== undefined && scheme !== "never")) {
    throw new UnsupportedModelError(
      `tokenizer.json: pre_tokenizer ${excerpt(config)} is not implemented: its fields contradict each other`,
    );
  }
  const when = prefix === false ? "never" : scheme;
  const cut =
    config["split"] === false
      ? chain([])
      : cutting(parsePattern({ String: replacement }, "Metaspace"), "MergedWithNext");
  return ({ text, first }) => {
    const spaced = text.replaceAll(" ", replacement);
    const prepends = (when === "always" || (when === "first" && first)) && !spaced.startsWith(replacement);
    return cut({ text: prepends ? replacement + spaced : spaced, first });
  };
}

function fixedLength(length: unknown): PreTokenizer {
  if (!Number.isSafeInteger(length) || (length as number) < 1) {
    throw new InvalidModelError(`tokenizer.json: FixedLength has length ${excerpt(length)}`);
  }
  return ({ text, first }) => {
    const characters = Array.from(text);
    const pieces: Piece[] = [];
    for (let at = 0; at < characters.length; at += length as number) {
      pieces.push({ text: characters.slice(at, at + (length as number)).join(""), first: first && at === 0 });
    }
    return pieces;
  };
}
