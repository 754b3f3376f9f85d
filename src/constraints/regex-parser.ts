import { ConstraintError } from "../errors.ts";
import { type CodePointSet, codePointSet, complement } from "./code-points.ts";
import { EMPTY, type Expression, choice, repeat, sequence } from "./expression.ts";
import { NOT_LINE_END, classEscape, controlEscape, propertyClass } from "./regex-classes.ts";

/** Which ends of an alternative are anchored. */
export interface Anchors {
  readonly start: boolean;
  readonly end: boolean;
}

export interface Alternative {
  readonly body: Expression;
  readonly anchors: Anchors;
}

/** Most repetitions that a pattern may count. */
const MAX_COUNT = 100_000;

/** Groups inside groups. */
const MAX_GROUP_DEPTH = 100;

const SYNTAX = new Set("^$\\.*+?()[]{}|/");

/** A recursive-descent parser of ECMAScript patterns. One object parses one pattern. */
export class RegexParser {
  readonly #pattern: string;
  readonly #encode: (set: CodePointSet) => Expression;
  #at = 0;
  #depth = 0;

  constructor(pattern: string, encode: (set: CodePointSet) => Expression) {
    this.#pattern = pattern;
    this.#encode = encode;
  }

  /** The outermost alternatives. Throws `ConstraintError` that names the place. */
  parse(): Alternative[] {
    const alternatives = [this.#outermost()];
    while (this.#take("|")) alternatives.push(this.#outermost());
    if (this.#at < this.#pattern.length) this.#fail(`unexpected "${this.#peek()}"`);
    return alternatives;
  }

  #outermost(): Alternative {
    let start = false;
    while (this.#take("^")) start = true;
    const body = this.#terms();
    let end = false;
    while (this.#take("$")) end = true;
    return { body, anchors: { start, end } };
  }

  #alternatives(): Expression {
    const options = [this.#terms()];
    while (this.#take("|")) options.push(this.#terms());
    return choice(...options);
  }

  #terms(): Expression {
    const terms: Expression[] = [];
    while (this.#at < this.#pattern.length && !"|)$".includes(this.#peek())) terms.push(this.#quantified(this.#atom()));
    return sequence(...terms);
  }

  #atom(): Expression {
    if (this.#take("(")) return this.#group();
    if (this.#take("[")) return this.#encode(this.#class());
    if (this.#take(".")) return this.#encode(NOT_LINE_END);
    if (this.#take("\\")) return this.#encode(this.#escape());
    const character = this.#peek();
    if (character === "^") this.#fail("an anchor inside the pattern is not supported");
    if ("*+?{".includes(character)) this.#fail(`"${character}" has nothing to repeat`);
    if ("]}".includes(character)) this.#fail(`"${character}" must be escaped`);
    return this.#encode(one(this.#codePoint()));
  }

  #group(): Expression {
    if (++this.#depth > MAX_GROUP_DEPTH) this.#fail(`groups are nested more than ${MAX_GROUP_DEPTH} deep`);
    if (this.#take("?")) this.#groupKind();
    const body = this.#alternatives();
    if (this.#peek() === "$") this.#fail("an anchor inside a group is not supported");
    if (!this.#take(")")) this.#fail('a group lacks its ")"');
    this.#depth--;
    return body;
  }

  #groupKind(): void {
    if (this.#take(":")) return;
    const rest = this.#pattern.slice(this.#at);
    const name = /^<[\p{ID_Start}$_][\p{ID_Continue}$]*>/u.exec(rest);
    if (name === null) {
      this.#fail(/^<?[=!]/.test(rest) ? "lookaround is not supported" : "this kind of group is not supported");
    }
    this.#at += name[0].length;
  }

  #quantified(atom: Expression): Expression {
    const bounds = this.#quantifier();
    if (bounds === null) return atom;
    this.#take("?"); // A lazy quantifier matches the same texts.
    if ("*+?{".includes(this.#peek() || " ")) this.#fail("two quantifiers follow each other");
    const [min, max] = bounds;
    return max === 0 ? EMPTY : repeat(atom, min, max);
  }

  #quantifier(): [min: number, max: number] | null {
    if (this.#take("*")) return [0, Number.POSITIVE_INFINITY];
    if (this.#take("+")) return [1, Number.POSITIVE_INFINITY];
    if (this.#take("?")) return [0, 1];
    if (this.#peek() !== "{") return null;
    const counted = /^\{(\d+)(,(\d*))?\}/.exec(this.#pattern.slice(this.#at, this.#at + 32));
    if (counted === null) this.#fail('"{" must be escaped, or hold a count');
    const [text, low, comma, high] = counted;
    const min = Number(low);
    const max = comma === undefined ? min : high === "" ? Number.POSITIVE_INFINITY : Number(high);
    if (min > max) this.#fail(`the count ${text} is empty`);
    if (min > MAX_COUNT || (Number.isFinite(max) && max > MAX_COUNT)) {
      this.#fail(`the count ${text} exceeds ${MAX_COUNT}`);
    }
    this.#at += text.length;
    return [min, max];
  }

  #class(): CodePointSet {
    const negated = this.#take("^");
    const ranges: (readonly [number, number])[] = [];
    while (!this.#take("]")) {
      if (this.#at >= this.#pattern.length) this.#fail('a class lacks its "]"');
      ranges.push(...this.#classItem());
    }
    const set = codePointSet(ranges);
    return negated ? complement(set) : set;
  }

  #classItem(): CodePointSet {
    const first = this.#classAtom();
    if (this.#peek() !== "-" || this.#pattern[this.#at + 1] === "]") return first;
    this.#at++;
    const last = this.#classAtom();
    if (!isOne(first) || !isOne(last)) this.#fail("a range needs a character at each end");
    if (last[0][0] < first[0][0]) this.#fail("a range is out of order");
    return [[first[0][0], last[0][0]]];
  }

  #classAtom(): CodePointSet {
    if (!this.#take("\\")) return one(this.#codePoint());
    if (this.#take("b")) return one(8);
    if (this.#take("-")) return one(0x2d);
    return this.#escape();
  }

  /** Behind a backslash. */
  #escape(): CodePointSet {
    const letter = this.#peek();
    const set = classEscape(letter);
    const control = controlEscape(letter);
    if (set !== undefined || control !== undefined) {
      this.#at++;
      return set ?? one(control!);
    }
    if (letter === "p" || letter === "P") return this.#property();
    if (letter === "b" || letter === "B") this.#fail(`\\${letter} is not supported`);
    if (letter === "k" || (letter >= "1" && letter <= "9")) this.#fail("back references are not supported");
    return one(this.#escapedCodePoint(letter));
  }

  #property(): CodePointSet {
    const match = /^[pP]\{([^}]*)\}/.exec(this.#pattern.slice(this.#at, this.#at + 128));
    if (match === null) this.#fail("\\p needs a property in braces");
    this.#at += match[0].length;
    const set = propertyClass(match[1]);
    return match[0].startsWith("P") ? complement(set) : set;
  }

  #escapedCodePoint(letter: string): number {
    const rest = this.#pattern.slice(this.#at, this.#at + 16);
    const hex = /^(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|u\{([0-9a-fA-F]{1,8})\})/.exec(rest);
    if (hex !== null) return this.#hexCodePoint(hex, rest);
    const control = /^c([a-zA-Z])/.exec(rest);
    if (control !== null) return this.#advance(2, control[1].charCodeAt(0) % 32);
    if (letter === "0" && !/^0\d/.test(rest)) return this.#advance(1, 0);
    if (!SYNTAX.has(letter)) {
      this.#fail(letter === "" ? "a backslash ends the pattern" : `\\${letter} is not an escape`);
    }
    return this.#advance(1, letter.charCodeAt(0));
  }

  #hexCodePoint(hex: RegExpExecArray, rest: string): number {
    const pair = /^u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})/.exec(rest);
    if (pair !== null) {
      const text = String.fromCharCode(Number.parseInt(pair[1], 16), Number.parseInt(pair[2], 16));
      return this.#advance(pair[0].length, text.codePointAt(0)!);
    }
    const point = Number.parseInt(hex[1] ?? hex[2] ?? hex[3], 16);
    if (point > 0x10ffff) this.#fail("a code point is above 10FFFF");
    return this.#advance(hex[0].length, point);
  }

  #advance<T>(count: number, result: T): T {
    this.#at += count;
    return result;
  }

  #codePoint(): number {
    const point = this.#pattern.codePointAt(this.#at)!;
    this.#at += point > 0xffff ? 2 : 1;
    return point;
  }

  #peek(): string {
    return this.#pattern.charAt(this.#at);
  }

  #take(character: string): boolean {
    if (this.#peek() !== character) return false;
    this.#at++;
    return true;
  }

  #fail(reason: string): never {
    throw new ConstraintError(`pattern ${JSON.stringify(this.#pattern.slice(0, 100))}, at ${this.#at}: ${reason}`);
  }
}

function one(point: number): CodePointSet {
  return [[point, point]];
}

function isOne(set: CodePointSet): boolean {
  return set.length === 1 && set[0][0] === set[0][1];
}
