import { toRegExp } from "oniguruma-to-es";
import { InvalidRequestError, UnsupportedModelError } from "../../errors.ts";
import { excerpt, isObject } from "../../json.ts";
import { canEnd, withTimeLimit } from "../time-limit.ts";
import { KNOWN_PATTERNS } from "./known-patterns.ts";
import { writeOutWords } from "./word-escapes.ts";

/** Spans of a text that a pattern matches, flat: [start, end, start, end, …], in order and apart. */
export type Pattern = (text: string) => number[];

/**
 * Milliseconds that a regular expression may run on a text of up to `TEXT_UNIT` UTF-16 units, and in proportion for a
 * longer text.
 */
const TIME_LIMIT = 1000;
const TEXT_UNIT = 2 ** 20;

/**
 * Longest text that an unknown regular expression without nested repeats runs on unguarded: cubic time is then under a
 * second.
 */
const MAX_UNGUARDED = 512;

/** Longest regular expression: four times the longest that is published. */
const MAX_SOURCE_LENGTH = 8192;

/**
 * The pattern `{ String }` or `{ Regex }` of a tokenizer.json. Regular expressions are Oniguruma's, as in the Rust
 * library, and oniguruma-to-es rewrites them. An expression that runs longer than a second is stopped:
 * `InvalidRequestError`. Where nothing can end it, as in browsers, an expression that repeats what repeats is refused.
 *
 * Throws `UnsupportedModelError` for what cannot be rewritten, by name.
 */
export function parsePattern(pattern: unknown, place: string): Pattern {
  if (isObject(pattern) && typeof pattern["String"] === "string" && pattern["String"] !== "") {
    return literal(pattern["String"]);
  }
  const source = isObject(pattern) ? pattern["Regex"] : undefined;
  if (typeof source !== "string" || source.length > MAX_SOURCE_LENGTH) throw unsupported(place, excerpt(pattern));
  const expression = translate(source, place);
  if (KNOWN_PATTERNS.has(source)) return (text) => spansOf(expression, text);
  const mayExplode = repeatsNest(source);
  if (mayExplode && !canEnd()) {
    throw unsupported(place, `${excerpt(source)}, which repeats what repeats and could not be ended here,`);
  }
  return (text) =>
    mayExplode || text.length > MAX_UNGUARDED ? guardedSpans(expression, text, place) : spansOf(expression, text);
}

function literal(wanted: string): Pattern {
  return (text) => {
    const spans: number[] = [];
    for (let at = text.indexOf(wanted); at >= 0; at = text.indexOf(wanted, at + wanted.length)) {
      spans.push(at, at + wanted.length);
    }
    return spans;
  };
}

function translate(source: string, place: string): RegExp {
  try {
    return toRegExp(writeOutWords(source), { global: true, accuracy: "strict", target: "ES2024" });
  } catch (cause) {
    throw unsupported(place, `${excerpt(source)} (${(cause as Error).message})`);
  }
}

function guardedSpans(expression: RegExp, text: string, place: string): number[] {
  const spans = withTimeLimit(TIME_LIMIT * Math.ceil(text.length / TEXT_UNIT), () => spansOf(expression, text));
  if (spans !== undefined) return spans.value;
  throw new InvalidRequestError(
    `the text takes ${place} more than ${TIME_LIMIT / 1000} s: its regular expression backtracks`,
  );
}

/**
 * Spans of all matches of a global expression. An empty match right behind another match is none, as in Oniguruma's
 * search.
 */
export function spansOf(expression: RegExp, text: string): number[] {
  const spans: number[] = [];
  expression.lastIndex = 0;
  for (let match = expression.exec(text); match !== null; match = expression.exec(text)) {
    const end = match.index + match[0].length;
    if (match[0] !== "" || spans.at(-1) !== end) spans.push(match.index, end);
    if (match[0] === "") expression.lastIndex = end + ((text.codePointAt(end) ?? 0) > 0xffff ? 2 : 1);
  }
  return spans;
}

/**
 * Whether a group that holds a repeat or an alternative is repeated itself, or a group is referred to: time may then be
 * exponential.
 */
function repeatsNest(source: string): boolean {
  if (/\\[1-9k]/.test(source)) return true;
  const holds: boolean[] = [false];
  const plain = source.replaceAll(/\\./gs, "x").replaceAll(/\[(?:[^[\]]|\[[^[\]]*\])*\]/g, "x");
  for (let i = 0; i < plain.length; i++) {
    if (plain[i] === "(") holds.push(false);
    else if ("*+{|".includes(plain[i])) holds[holds.length - 1] = true;
    else if (plain[i] === ")") {
      const held = holds.pop() === true;
      if (held && /^(?:[*+]|\{)/.test(plain.slice(i + 1))) return true;
      holds[holds.length - 1] ||= held;
    }
  }
  return false;
}

function unsupported(place: string, what: string): UnsupportedModelError {
  return new UnsupportedModelError(`tokenizer.json: ${place}: pattern ${what} is not implemented`);
}
