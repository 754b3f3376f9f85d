import { InvalidModelError, UnsupportedModelError } from "../../errors.ts";
import { encodeByteLevel } from "../byte-level.ts";
import { excerpt, isObject, type JsonObject } from "../../json.ts";
import { parsePattern } from "./pattern.ts";

/** Rewrites a text before it is cut. */
export type Normalizer = (text: string) => string;

const FORMS: ReadonlySet<unknown> = new Set(["NFC", "NFD", "NFKC", "NFKD"]);

/**
 * The `normalizer` of a tokenizer.json, each kind as the Rust library (huggingface/tokenizers) defines it; null for
 * none. Throws `UnsupportedModelError` for a kind that is not implemented, by name.
 */
export function parseNormalizer(config: unknown): Normalizer | null {
  if (config === null || config === undefined) return null;
  if (!isObject(config)) {
    throw new InvalidModelError(`tokenizer.json: normalizer must be an object, got ${excerpt(config)}`);
  }
  const { type } = config;
  if (FORMS.has(type)) return (text) => text.normalize(type as "NFC");
  switch (type) {
    case "Sequence":
      return sequence(config);
    case "Prepend":
      return prepend(config);
    case "Replace":
      return replace(config);
    case "Lowercase":
      return lowercase;
    case "Strip":
      return strip(config);
    case "StripAccents":
      return (text) => text.replaceAll(/\p{M}/gu, "");
    case "ByteLevel":
      return encodeByteLevel;
    default:
      throw new UnsupportedModelError(`tokenizer.json: normalizer ${excerpt(type)} is not implemented`);
  }
}

function sequence(config: JsonObject): Normalizer {
  const { normalizers } = config;
  if (!Array.isArray(normalizers)) {
    throw new InvalidModelError("tokenizer.json: normalizer Sequence has no list of normalizers");
  }
  const steps = normalizers.map((step) => parseNormalizer(step));
  return (text) => steps.reduce((before, step) => step?.(before) ?? before, text);
}

/** Nothing is put in front of an empty text. */
function prepend(config: JsonObject): Normalizer {
  const text = stringOf(config, "prepend");
  return (before) => (before === "" ? "" : text + before);
}

function replace(config: JsonObject): Normalizer {
  const pattern = parsePattern(config["pattern"], "normalizer Replace");
  const content = stringOf(config, "content");
  return (text) => {
    const spans = pattern(text);
    let replaced = "";
    let done = 0;
    for (let i = 0; i < spans.length; i += 2) {
      replaced += text.slice(done, spans[i]) + content;
      done = spans[i + 1];
    }
    return replaced + text.slice(done);
  };
}

/** Character by character, as in Rust: a sigma at the end of a word is one like any other. */
function lowercase(text: string): string {
  return text.replaceAll(/\P{Lowercase}/gu, (character) => character.toLowerCase());
}

function strip(config: JsonObject): Normalizer {
  const left = config["strip_left"] === true ? /^\p{White_Space}+/u : /^(?!)/;
  const right = config["strip_right"] === true;
  return (text) => trimEnd(text.replace(left, ""), right);
}

/** From the end, as `/\s+$/` takes quadratic time. */
function trimEnd(text: string, wanted: boolean): string {
  let end = text.length;
  while (wanted && end > 0 && /\p{White_Space}/u.test(text[end - 1])) end--;
  return text.slice(0, end);
}

function stringOf(config: JsonObject, key: string): string {
  const value = config[key];
  if (typeof value !== "string") {
    throw new InvalidModelError(
      `tokenizer.json: normalizer ${excerpt(config["type"])}: ${key} must be a string, got ${excerpt(value)}`,
    );
  }
  return value;
}
