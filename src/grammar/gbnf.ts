import { type CodePointSet, codePointSet, complement, ANY_CODE_POINT, utf8 } from "../constraints/code-points.ts";
import {
  EMPTY,
  type Expression,
  type Rule,
  choice,
  literal,
  repeat,
  rule,
  sequence,
} from "../constraints/expression.ts";
import { ConstraintError } from "../errors.ts";

/** Longest grammar, in characters. */
export const MAX_GBNF_LENGTH = 64 * 1024;

/** Groups inside groups. */
const MAX_GROUP_DEPTH = 64;

/**
 * A grammar in llama.cpp's GBNF, which is also what vLLM's `structured_outputs.grammar` takes: rules `name ::= body`,
 * of which `root` is where a text begins. Throws `ConstraintError` with the line.
 */
export function gbnf(text: string): Expression {
  if (text.length > MAX_GBNF_LENGTH) {
    throw new ConstraintError(`a grammar has ${text.length} characters; at most ${MAX_GBNF_LENGTH} are supported`);
  }
  return new GbnfParser(text).parse();
}

const ESCAPES: Readonly<Record<string, string>> = {
  n: "\n",
  r: "\r",
  t: "\t",
  "\\": "\\",
  '"': '"',
  "[": "[",
  "]": "]",
  "-": "-",
  "^": "^",
};

const NAME = /[A-Za-z][A-Za-z0-9_-]*/y;
/** A rule's name with what makes it a definition. */
const DEFINITION = /[A-Za-z][A-Za-z0-9_-]*[ \t]*::=/y;

class GbnfParser {
  readonly #text: string;
  readonly #rules = new Map<string, Rule>();
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
  }

  parse(): Expression {
    this.#skip(true);
    while (this.#at < this.#text.length) {
      this.#definition();
      this.#skip(true);
    }
    for (const [name, { body }] of this.#rules) if (body === null) this.#fail(`the rule "${name}" is not defined`);
    const root = this.#rules.get("root");
    if (root === undefined) this.#fail('there is no rule "root"');
    return root;
  }

  #definition(): void {
    const name = this.#match(NAME) ?? this.#fail("a rule must begin with its name");
    const made = this.#rule(name);
    if (made.body !== null) this.#fail(`the rule "${name}" is defined twice`);
    this.#skip(false);
    if (!this.#take("::=")) this.#fail(`"::=" must follow the name "${name}"`);
    this.#skip(true);
    made.body = this.#alternatives();
  }

  #alternatives(): Expression {
    const options = [this.#terms()];
    while (this.#take("|")) {
      this.#skip(true);
      options.push(this.#terms());
    }
    return choice(...options);
  }

  #terms(): Expression {
    const terms: Expression[] = [];
    for (;;) {
      this.#skip(true);
      if (this.#at >= this.#text.length || "|)".includes(this.#text[this.#at]) || this.#atDefinition()) {
        return sequence(...terms);
      }
      terms.push(this.#quantified(this.#term()));
    }
  }

  #atDefinition(): boolean {
    DEFINITION.lastIndex = this.#at;
    return DEFINITION.test(this.#text);
  }

  #term(): Expression {
    if (this.#take('"')) return this.#quotedText();
    if (this.#take("[")) return utf8(this.#class());
    if (this.#take("(")) return this.#group();
    if (this.#take(".")) return utf8(ANY_CODE_POINT);
    const name = this.#match(NAME) ?? this.#fail(`unexpected ${JSON.stringify(this.#text[this.#at])}`);
    return this.#rule(name);
  }

  #group(): Expression {
    if (++this.#depth > MAX_GROUP_DEPTH) this.#fail(`groups are nested more than ${MAX_GROUP_DEPTH} deep`);
    const body = this.#alternatives();
    if (!this.#take(")")) this.#fail('a group lacks its ")"');
    this.#depth--;
    return body;
  }

  #quantified(term: Expression): Expression {
    if (this.#take("*")) return repeat(term, 0, Number.POSITIVE_INFINITY);
    if (this.#take("+")) return repeat(term, 1, Number.POSITIVE_INFINITY);
    if (this.#take("?")) return repeat(term, 0, 1);
    const count = this.#match(/\{\d{1,6}(?:,\d{0,6})?\}/y);
    if (count === null) return term;
    const [low, high = low] = count.slice(1, -1).split(",");
    const max = high === "" ? Number.POSITIVE_INFINITY : Number(high);
    if (Number(low) > max) this.#fail(`the count ${count} is empty`);
    return max === 0 ? EMPTY : repeat(term, Number(low), max);
  }

  #quotedText(): Expression {
    let text = "";
    while (!this.#take('"')) text += String.fromCodePoint(this.#character("a text", '"'));
    return literal(text);
  }

  #class(): CodePointSet {
    const negated = this.#take("^");
    const ranges: [number, number][] = [];
    while (!this.#take("]")) {
      const low = this.#character("a class", "]");
      const isRange = this.#text[this.#at] === "-" && this.#text[this.#at + 1] !== "]";
      if (isRange) this.#at++;
      const high = isRange ? this.#character("a class", "]") : low;
      if (high < low) this.#fail("a range is out of order");
      ranges.push([low, high]);
    }
    const set = codePointSet(ranges);
    return negated ? complement(set) : set;
  }

  /** One character, escaped or not. */
  #character(where: string, end: string): number {
    const point = this.#text.codePointAt(this.#at);
    if (point === undefined || point === 0x0a) this.#fail(`${where} lacks its ${end}`);
    if (point !== 0x5c) {
      this.#at += point > 0xffff ? 2 : 1;
      return point;
    }
    const hex = this.#match(/\\(?:x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8})/y);
    if (hex !== null) {
      const value = Number.parseInt(hex.slice(2), 16);
      if (value > 0x10ffff) this.#fail("a code point is above 10FFFF");
      return value;
    }
    const escaped = this.#text.charAt(this.#at + 1);
    if (!Object.hasOwn(ESCAPES, escaped)) this.#fail(`\\${escaped} is not an escape`);
    this.#at += 2;
    return ESCAPES[escaped].charCodeAt(0);
  }

  #rule(name: string): Rule {
    let made = this.#rules.get(name);
    if (made === undefined) {
      made = rule(name);
      this.#rules.set(name, made);
    }
    return made;
  }

  /** White space and comments; line breaks where `lines` says so. */
  #skip(lines: boolean): void {
    this.#match(lines ? /(?:[ \t\r\n]|#[^\n]*)*/y : /(?:[ \t]|#[^\n]*)*/y);
  }

  #match(pattern: RegExp): string | null {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text);
    if (found === null) return null;
    this.#at += found[0].length;
    return found[0];
  }

  #take(text: string): boolean {
    if (!this.#text.startsWith(text, this.#at)) return false;
    this.#at += text.length;
    return true;
  }

  #fail(reason: string): never {
    const line = this.#text.slice(0, this.#at).split("\n").length;
    throw new ConstraintError(`grammar, line ${line}: ${reason}`);
  }
}
