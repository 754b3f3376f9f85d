import { UnsupportedModelError } from "../errors.ts";
import { byteLevelBytes } from "./byte-level.ts";
import { excerpt, isObject, type JsonObject } from "../json.ts";

/** How the strings of a vocabulary become the bytes of a text. */
export interface TokenDecoding {
  /** Bytes of one vocabulary entry. */
  readonly toBytes: (token: string) => Uint8Array;
  /** The same where it is the first of a text; null where there is no difference. */
  readonly firstToBytes: ((token: string) => Uint8Array) | null;
  /** Spaces dropped from the start of the whole text. */
  readonly droppedLeadingSpaces: number;
}

/** The decoder's steps, put together. */
interface Rule {
  replacements: (readonly [from: string, to: string])[];
  byteLevel: boolean;
  byteFallback: boolean;
  fused: boolean;
  /** What a first token loses wherever it stands in it. */
  droppedFromFirst: string;
  droppedLeadingSpaces: number;
}

const IMPLEMENTED = "ByteLevel, Metaspace, and a sequence of Replace and ByteFallback, Fuse, Strip of leading spaces";
const ENCODER = new TextEncoder();
const BYTE_TOKEN = /^<0x([0-9A-Fa-f]{2})>$/;

/**
 * Reads the `decoder` of a tokenizer.json as a rule for single tokens: the decoders of Llama models concatenate what
 * their tokens stand for and drop leading spaces, nothing else. Throws `UnsupportedModelError` for others, by name.
 */
export function parseDecoder(decoder: unknown): TokenDecoding {
  const rule: Rule = {
    replacements: [],
    byteLevel: false,
    byteFallback: false,
    fused: false,
    droppedFromFirst: "",
    droppedLeadingSpaces: 0,
  };
  const steps = isObject(decoder) && decoder["type"] === "Sequence" ? decoder["decoders"] : [decoder];
  if (!Array.isArray(steps)) throw unsupported(decoder);
  for (const step of steps) addStep(rule, step);
  const { droppedFromFirst, droppedLeadingSpaces } = rule;
  const firstToBytes =
    droppedFromFirst === "" ? null : (token: string) => toBytes(rule, token.replaceAll(droppedFromFirst, ""));
  return { toBytes: (token) => toBytes(rule, token), firstToBytes, droppedLeadingSpaces };
}

/** `Fuse` joins the tokens: what works token by token comes before it, what looks at the whole text after it. */
function addStep(rule: Rule, step: unknown): void {
  if (!isObject(step) || rule.fused !== (step["type"] === "Strip")) throw unsupported(step);
  if (step["type"] === "ByteLevel") rule.byteLevel = true;
  else if (step["type"] === "ByteFallback") rule.byteFallback = true;
  else if (step["type"] === "Fuse") rule.fused = true;
  else if (step["type"] === "Replace") rule.replacements.push(readReplacement(step));
  else if (step["type"] === "Metaspace") addMetaspace(rule, step);
  else if (step["type"] === "Strip") rule.droppedLeadingSpaces += readStrip(step);
  else throw unsupported(step);
}

function readReplacement(step: JsonObject): readonly [string, string] {
  const { pattern, content } = step;
  if (!isObject(pattern) || typeof pattern["String"] !== "string" || typeof content !== "string") {
    throw unsupported(step);
  }
  return [pattern["String"], content];
}

/** `Metaspace` of the Rust library drops every replacement of a text's first token, not the leading one alone. */
function addMetaspace(rule: Rule, step: JsonObject): void {
  const replacement = typeof step["replacement"] === "string" ? step["replacement"] : "▁";
  const prepends = step["prepend_scheme"] !== "never" && step["add_prefix_space"] !== false;
  if (prepends) rule.droppedFromFirst = replacement;
  rule.replacements.push([replacement, " "]);
}

function readStrip(step: JsonObject): number {
  const { content, start, stop } = step;
  if (content !== " " || stop !== 0 || !Number.isInteger(start) || (start as number) < 0) throw unsupported(step);
  return start as number;
}

function toBytes(rule: Rule, token: string): Uint8Array {
  let text = token;
  for (const [from, to] of rule.replacements) text = text.replaceAll(from, to);
  const byte = rule.byteFallback ? BYTE_TOKEN.exec(text) : null;
  if (byte !== null) return Uint8Array.of(Number.parseInt(byte[1], 16));
  return (rule.byteLevel ? byteLevelBytes(text) : null) ?? ENCODER.encode(text);
}

function unsupported(step: unknown): UnsupportedModelError {
  return new UnsupportedModelError(
    `tokenizer.json: decoder ${excerpt(step)} is not implemented here, only ${IMPLEMENTED}`,
  );
}
