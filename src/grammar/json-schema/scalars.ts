import { type Expression, NOTHING, literals, repeat } from "../../constraints/expression.ts";
import { regex } from "../../constraints/regex.ts";
import { ANY_CHARACTER, INTEGER, NUMBER, STRING, jsonCharacter, quoted } from "../json.ts";
import { decimalRange } from "./decimal-range.ts";
import { formatPattern } from "./formats.ts";
import { type TypeName, allowsType, typeOfValue } from "./keywords.ts";
import { type SchemaObject, asCount, asNumber, own, refuse, text } from "./schema.ts";

/** Strings by `pattern`, `format`, or length in code points: one of the three. */
export function stringExpression(schema: SchemaObject, path: string): Expression {
  const pattern = own(schema, "pattern");
  const format = own(schema, "format");
  const least = asCount(schema, "minLength", 0, path);
  const most = asCount(schema, "maxLength", Number.POSITIVE_INFINITY, path);
  const bounded = least > 0 || most < Number.POSITIVE_INFINITY;
  if (Number(pattern !== undefined) + Number(format !== undefined) + Number(bounded) > 1) {
    refuse(path, 'only one of "pattern", "format" and a length is supported for a string');
  }
  if (pattern !== undefined) return patternExpression(pattern, path);
  if (format !== undefined) return formatExpression(format, path);
  if (least > most) return NOTHING;
  return bounded ? quoted(repeat(ANY_CHARACTER, least, most)) : STRING;
}

function patternExpression(pattern: unknown, path: string): Expression {
  if (typeof pattern !== "string") refuse(`${path}/pattern`, `must be a string, got ${text(pattern)}`);
  return quoted(regex(pattern, { match: "search", encode: jsonCharacter }));
}

function formatExpression(format: unknown, path: string): Expression {
  const pattern = typeof format === "string" ? formatPattern(format) : undefined;
  if (pattern === undefined) refuse(`${path}/format`, `unknown format ${text(format)}`);
  return quoted(regex(pattern, { encode: jsonCharacter }));
}

/** Numbers or integers within bounds. */
export function numberExpression(schema: SchemaObject, integer: boolean, path: string): Expression {
  const multiple = asNumber(schema, "multipleOf", path);
  if (multiple !== undefined && multiple !== 1) refuse(`${path}/multipleOf`, "only 1 is supported");
  const low = asNumber(schema, "minimum", path) ?? Number.NEGATIVE_INFINITY;
  const high = asNumber(schema, "maximum", path) ?? Number.POSITIVE_INFINITY;
  const above = asNumber(schema, "exclusiveMinimum", path) ?? Number.NEGATIVE_INFINITY;
  const below = asNumber(schema, "exclusiveMaximum", path) ?? Number.POSITIVE_INFINITY;
  const whole = integer || multiple === 1;
  const bounds = {
    low: Math.max(low, above),
    lowExcluded: above >= low && above > Number.NEGATIVE_INFINITY,
    high: Math.min(high, below),
    highExcluded: below <= high && below < Number.POSITIVE_INFINITY,
  };
  const free = bounds.low === Number.NEGATIVE_INFINITY && bounds.high === Number.POSITIVE_INFINITY;
  if (free) return whole ? INTEGER : NUMBER;
  return decimalRange(bounds, whole);
}

/** The values of `enum` or `const` that have one of the types. No other keyword may stand beside them. */
export function valuesExpression(schema: SchemaObject, types: readonly TypeName[], path: string): Expression {
  const listed = own(schema, "enum");
  if (listed !== undefined && !Array.isArray(listed)) refuse(`${path}/enum`, "must be a list of values");
  const values = Object.hasOwn(schema, "const") ? [schema.const] : (listed as unknown[]);
  const allowed = values.filter((value) => allowsType(types, typeOfValue(value)));
  return literals([...new Set(allowed.map((value) => JSON.stringify(value)))]);
}
