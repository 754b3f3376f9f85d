import { ConstraintError } from "../errors.ts";
import { type CodePointSet, MAX_CODE_POINT, codePointSet, complement } from "./code-points.ts";

/** The classes of ECMAScript's escapes, as `RegExp` with flag `u` has them. */
const DIGITS: CodePointSet = [[0x30, 0x39]];
const WORD: CodePointSet = [
  [0x30, 0x39],
  [0x41, 0x5a],
  [0x5f, 0x5f],
  [0x61, 0x7a],
];
const LINE_ENDS: CodePointSet = [
  [0x0a, 0x0a],
  [0x0d, 0x0d],
  [0x2028, 0x2029],
];
const SPACES: CodePointSet = codePointSet([
  [0x09, 0x0d],
  [0x20, 0x20],
  [0xa0, 0xa0],
  [0x1680, 0x1680],
  [0x2000, 0x200a],
  [0x2028, 0x2029],
  [0x202f, 0x202f],
  [0x205f, 0x205f],
  [0x3000, 0x3000],
  [0xfeff, 0xfeff],
]);

/** What `.` stands for. */
export const NOT_LINE_END: CodePointSet = complement(LINE_ENDS);

const CLASS_ESCAPES: Readonly<Record<string, CodePointSet>> = {
  d: DIGITS,
  D: complement(DIGITS),
  w: WORD,
  W: complement(WORD),
  s: SPACES,
  S: complement(SPACES),
};

/** The class of `\d`, `\w`, `\s` and their opposites; undefined for other letters. */
export function classEscape(letter: string): CodePointSet | undefined {
  return Object.hasOwn(CLASS_ESCAPES, letter) ? CLASS_ESCAPES[letter] : undefined;
}

const CONTROL_ESCAPES: Readonly<Record<string, number>> = { t: 9, n: 10, v: 11, f: 12, r: 13 };

/** The code point of `\n`, `\t` and their kin; undefined for other letters. */
export function controlEscape(letter: string): number | undefined {
  return Object.hasOwn(CONTROL_ESCAPES, letter) ? CONTROL_ESCAPES[letter] : undefined;
}

/** Properties are enumerated once: about 50 ms each. */
const MAX_PROPERTIES = 64;
const properties = new Map<string, CodePointSet>();

/**
 * Code points of `\p{name}`, asked of the runtime's own `RegExp`. Throws `ConstraintError` for a name that it does not
 * know.
 */
export function propertyClass(name: string): CodePointSet {
  const known = properties.get(name);
  if (known !== undefined) return known;
  if (properties.size >= MAX_PROPERTIES) properties.clear();
  const made = enumerate(propertyPattern(name));
  properties.set(name, made);
  return made;
}

function propertyPattern(name: string): RegExp {
  try {
    if (/^[\w=]+$/.test(name)) return new RegExp(`^\\p{${name}}$`, "u");
  } catch {
    // Named below.
  }
  throw new ConstraintError(`\\p{${name}} is not a property of Unicode that this runtime knows`);
}

function enumerate(pattern: RegExp): CodePointSet {
  const ranges: [number, number][] = [];
  let from = -1;
  for (let point = 0; point <= MAX_CODE_POINT + 1; point++) {
    const inside = point <= MAX_CODE_POINT && pattern.test(String.fromCodePoint(point));
    if (inside && from < 0) from = point;
    if (!inside && from >= 0) {
      ranges.push([from, point - 1]);
      from = -1;
    }
  }
  return ranges;
}
