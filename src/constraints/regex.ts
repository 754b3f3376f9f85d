import { ConstraintError } from "../errors.ts";
import { ANY_CODE_POINT, type CodePointSet, utf8 } from "./code-points.ts";
import { EMPTY, type Expression, choice, repeat, sequence } from "./expression.ts";
import { type Anchors, RegexParser } from "./regex-parser.ts";

/** Longest pattern, in UTF-16 units: what a request's grammar may have in all. */
export const MAX_PATTERN_LENGTH = 64 * 1024;

export interface RegexOptions {
  /**
   * "full": the whole text matches. "search": some part of it does, as `RegExp.test` and JSON Schema's `pattern` say.
   * Default
   * "full".
   */
  readonly match?: "full" | "search";
  /** How a text has one code point of a set. Default `utf8`; a JSON string escapes some. */
  readonly encode?: (set: CodePointSet) => Expression;
}

/**
 * The texts that an ECMAScript pattern (flag `u`) matches. Anchors may stand at the ends of the pattern and of its
 * outermost alternatives. Lookaround, back references and `\b` are no regular expressions: `ConstraintError` names them
 * and their place.
 */
export function regex(pattern: string, { match = "full", encode = utf8 }: RegexOptions = {}): Expression {
  if (pattern.length > MAX_PATTERN_LENGTH) {
    throw new ConstraintError(
      `a pattern has ${pattern.length} characters; at most ${MAX_PATTERN_LENGTH} are supported`,
    );
  }
  const around = match === "search" ? repeat(encode(ANY_CODE_POINT), 0, Number.POSITIVE_INFINITY) : EMPTY;
  const alternatives = new RegexParser(pattern, encode).parse();
  return choice(...alternatives.map(({ body, anchors }) => between(body, anchors, around)));
}

function between(body: Expression, { start, end }: Anchors, around: Expression): Expression {
  return sequence(start ? EMPTY : around, body, end ? EMPTY : around);
}
