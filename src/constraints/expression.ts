import { assert } from "../assert.ts";

/**
 * A context-free expression over bytes: what regular expressions, choices, JSON schemas and grammars are compiled to.
 * `Rule` makes it recursive.
 */
export type Expression = ByteRange | Sequence | Choice | Repeat | Rule;

interface Node {
  /**
   * Fewest expressions that a match leaves open behind it at a time; `Infinity` where nothing matches. Set by
   * `analyze`.
   */
  height: number;
}

/** One byte, low <= byte <= high. */
export interface ByteRange extends Node {
  readonly kind: "bytes";
  readonly low: number;
  readonly high: number;
}

/** `first`, then `rest`. */
export interface Sequence extends Node {
  readonly kind: "sequence";
  readonly first: Expression;
  readonly rest: Expression;
}

/** Any of the options. No options: nothing matches. */
export interface Choice extends Node {
  readonly kind: "choice";
  readonly options: readonly Expression[];
}

/** `body`, at least `min` and at most `max` times. */
export interface Repeat extends Node {
  readonly kind: "repeat";
  readonly body: Expression;
  readonly min: number;
  readonly max: number;
  /** The same body with other bounds. Owned by `fewer`. */
  readonly siblings: Map<string, Repeat>;
}

/** A named expression that may contain itself. */
export interface Rule extends Node {
  readonly kind: "rule";
  readonly name: string;
  /** Set once, after all that it refers to exists. */
  body: Expression | null;
}

const UNKNOWN = Number.POSITIVE_INFINITY;

/** Matches the empty text. */
export const EMPTY: Expression = repeat({ kind: "choice", options: [], height: UNKNOWN }, 0, 0);

/** Matches nothing. */
export const NOTHING: Expression = { kind: "choice", options: [], height: UNKNOWN };

export function byteRange(low: number, high: number): Expression {
  assert(0 <= low && low <= high && high <= 0xff, "a byte range must lie in 0..255");
  return { kind: "bytes", low, high, height: 0 };
}

export function sequence(...parts: readonly Expression[]): Expression {
  const present = parts.filter((part) => part !== EMPTY);
  if (present.length === 0) return EMPTY;
  return present.reduceRight((rest, first) => ({ kind: "sequence", first, rest, height: UNKNOWN }));
}

export function choice(...options: readonly Expression[]): Expression {
  return options.length === 1 ? options[0] : { kind: "choice", options, height: UNKNOWN };
}

export function optional(body: Expression): Expression {
  return repeat(body, 0, 1);
}

export function repeat(body: Expression, min: number, max: number): Repeat {
  assert(min >= 0 && min <= max, "a repeat needs 0 <= min <= max");
  const siblings = new Map<string, Repeat>();
  const made: Repeat = { kind: "repeat", body, min, max, siblings, height: UNKNOWN };
  siblings.set(`${min},${max}`, made);
  return made;
}

/** What is left of a repeat after one body: one object for each pair of bounds. */
export function fewer(from: Repeat): Repeat {
  const min = Math.max(0, from.min - 1);
  const max = from.max - 1;
  const key = `${min},${max}`;
  let made = from.siblings.get(key);
  if (made === undefined) {
    made = { ...from, min, max };
    made.height = repeatHeight(made);
    from.siblings.set(key, made);
  }
  return made;
}

/** While a body is matched, the rest of the repeat is open. */
export function repeatHeight({ body, min }: Repeat): number {
  return min === 0 ? 0 : body.height + 1;
}

export function rule(name: string): Rule {
  return { kind: "rule", name, body: null, height: UNKNOWN };
}

/** The bytes of a text, in order. */
export function literal(text: string | Uint8Array): Expression {
  const bytes = typeof text === "string" ? new TextEncoder().encode(text) : text;
  return sequence(...Array.from(bytes, (byte) => byteRange(byte, byte)));
}

/** Separated items, at least `min` and at most `max`. */
export function separated(item: Expression, separator: Expression, min: number, max: number): Expression {
  if (max === 0) return EMPTY;
  const list = sequence(item, repeat(sequence(separator, item), Math.max(0, min - 1), max - 1));
  return min === 0 ? optional(list) : list;
}

/** Any of the texts, as a prefix tree: texts that begin alike share their beginning. */
export function literals(texts: readonly string[]): Expression {
  const encoder = new TextEncoder();
  return prefixTree(
    texts.map((text) => encoder.encode(text)),
    0,
  );
}

function prefixTree(texts: readonly Uint8Array[], depth: number): Expression {
  const byByte = new Map<number, Uint8Array[]>();
  let ends = false;
  for (const text of texts) {
    if (text.length === depth) ends = true;
    else byByte.set(text[depth], [...(byByte.get(text[depth]) ?? []), text]);
  }
  const options = Array.from(byByte, ([byte, rest]) => sequence(byteRange(byte, byte), prefixTree(rest, depth + 1)));
  return choice(...(ends ? [EMPTY] : []), ...options);
}
