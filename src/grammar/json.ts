import { type CodePointSet, MAX_CODE_POINT, difference, hasCodePoint, utf8 } from "../constraints/code-points.ts";
import {
  EMPTY,
  type Expression,
  byteRange,
  choice,
  literal,
  optional,
  repeat,
  rule,
  separated,
  sequence,
} from "../constraints/expression.ts";

/** Digits before the point, and behind it: 15 in all are exact in float64, and a number ends. */
export const MAX_DIGITS = 15;

/** Spaces that a line begins with. */
const MAX_INDENT = 64;

/** Pieces of JSON that are written with, or without, white space between them. */
export interface JsonSyntax {
  readonly value: Expression;
  readonly object: Expression;
  readonly array: Expression;
  /** `members`, separated outside, between braces. */
  braces(members: Expression): Expression;
  /** `items`, separated outside, between brackets. */
  brackets(items: Expression): Expression;
  /** `"name": value` for the JSON text of a name. */
  member(name: Expression, value: Expression): Expression;
  readonly comma: Expression;
}

const DIGIT = byteRange(0x30, 0x39);
const HEX_DIGIT = choice(DIGIT, byteRange(0x41, 0x46), byteRange(0x61, 0x66));
const QUOTE = literal('"');

/** Characters that JSON strings hold as they are. */
const PLAIN: CodePointSet = [
  [0x20, 0x21],
  [0x23, 0x5b],
  [0x5d, MAX_CODE_POINT],
];

const SHORT_ESCAPES: Readonly<Record<number, string>> = {
  0x08: "\\b",
  0x09: "\\t",
  0x0a: "\\n",
  0x0c: "\\f",
  0x0d: "\\r",
  0x22: '\\"',
  0x5c: "\\\\",
};

/** One code point of the set as a JSON string has it, each in one form: `JSON.stringify`'s. */
export function jsonCharacter(set: CodePointSet): Expression {
  const escaped: Expression[] = [];
  for (let point = 0; point <= 0x5c; point++) {
    if (hasCodePoint(PLAIN, point) || !hasCodePoint(set, point)) continue;
    escaped.push(literal(SHORT_ESCAPES[point] ?? `\\u00${point.toString(16).padStart(2, "0")}`));
  }
  return choice(
    utf8(
      difference(set, [
        [0, 0x1f],
        [0x22, 0x22],
        [0x5c, 0x5c],
      ]),
    ),
    ...escaped,
  );
}

/** Any code point of a JSON string, in each form but the halves of surrogate pairs. */
export const ANY_CHARACTER: Expression = choice(
  utf8(PLAIN),
  sequence(literal("\\"), choice(...Array.from('"\\/bfnrt', (letter) => literal(letter)))),
  sequence(
    literal("\\u"),
    choice(
      sequence(
        choice(DIGIT, byteRange(0x41, 0x43), byteRange(0x45, 0x46), byteRange(0x61, 0x63), byteRange(0x65, 0x66)),
        HEX_DIGIT,
        HEX_DIGIT,
        HEX_DIGIT,
      ),
      sequence(choice(literal("d"), literal("D")), byteRange(0x30, 0x37), HEX_DIGIT, HEX_DIGIT),
    ),
  ),
);

export function quoted(content: Expression): Expression {
  return sequence(QUOTE, content, QUOTE);
}

export const STRING: Expression = quoted(repeat(ANY_CHARACTER, 0, Number.POSITIVE_INFINITY));

const NATURAL = choice(literal("0"), sequence(byteRange(0x31, 0x39), repeat(DIGIT, 0, MAX_DIGITS - 1)));

export const INTEGER: Expression = sequence(optional(literal("-")), NATURAL);

export const NUMBER: Expression = sequence(
  INTEGER,
  optional(sequence(literal("."), repeat(DIGIT, 1, MAX_DIGITS))),
  optional(
    sequence(choice(literal("e"), literal("E")), optional(choice(literal("+"), literal("-"))), repeat(DIGIT, 1, 2)),
  ),
);

export const BOOLEAN: Expression = choice(literal("true"), literal("false"));

export const NULL: Expression = literal("null");

const LINE_BREAK = sequence(literal("\n"), repeat(choice(literal(" "), literal("\t")), 0, MAX_INDENT));
const FLEXIBLE_SPACE = optional(choice(literal(" "), LINE_BREAK));

/** JSON with at most one space or line break between two tokens, so that white space ends; or with none. */
export function jsonSyntax(whiteSpace: boolean): JsonSyntax {
  const space = whiteSpace ? FLEXIBLE_SPACE : EMPTY;
  const comma = sequence(whiteSpace ? optional(LINE_BREAK) : EMPTY, literal(","), space);
  const colon = sequence(literal(":"), whiteSpace ? optional(literal(" ")) : EMPTY);
  const braces = (members: Expression) => sequence(literal("{"), space, members, space, literal("}"));
  const brackets = (items: Expression) => sequence(literal("["), space, items, space, literal("]"));
  const member = (name: Expression, value: Expression) => sequence(name, colon, value);
  const value = rule("value");
  const object = rule("object");
  object.body = braces(separated(member(STRING, value), comma, 0, Number.POSITIVE_INFINITY));
  const array = rule("array");
  array.body = brackets(separated(value, comma, 0, Number.POSITIVE_INFINITY));
  value.body = choice(object, array, STRING, NUMBER, BOOLEAN, NULL);
  return { value, object, array, braces, brackets, member, comma };
}
