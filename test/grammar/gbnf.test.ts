import { describe, expect, test } from "vitest";
import { ConstraintError } from "../../src/errors.ts";
import { gbnf } from "../../src/grammar/gbnf.ts";
import { byteGrammar } from "../support/constraints/byte-vocabulary.ts";

const CASES: [name: string, grammar: string, yes: string[], no: string[]][] = [
  ["texts and alternatives", 'root ::= "yes" | "no"', ["yes", "no"], ["", "yesno", "ye"]],
  [
    "rules over several lines",
    'root ::= greeting " " name # a comment\ngreeting ::= "hello"\n  | "hi"\nname ::= [A-Z] [a-z]*',
    ["hello Ada", "hi B"],
    ["hi ada"],
  ],
  ["recursion", 'root ::= term ("+" term)*\nterm ::= [0-9]+ | "(" root ")"', ["1+(2+3)", "42"], ["1+", "(1"]],
  ["counts", 'root ::= "a"{2,3} "b"{2} "c"{1,} "d"?', ["aabbc", "aaabbccd"], ["abbc", "aaaabbc"]],
  ["classes", 'root ::= [^"\\\\\\n]+ [\\x41\\u00e9] [\\]\\-]', ["zA]", "zé-"], ['"A]', "A]"]],
  ["any character", "root ::= .", ["é", "\n"], ["ab"]],
  ["escapes", 'root ::= "\\"\\t\\\\"', ['"\t\\'], ["x"]],
  ["an empty alternative", 'root ::= "a" ( | "b")', ["a", "ab"], ["b"]],
];

test.each(CASES)("%s", (_, text, yes, no) => {
  const grammar = byteGrammar(gbnf(text));
  for (const match of yes) expect(grammar.matches(match), match).toBe(true);
  for (const other of no) expect(grammar.matches(other), other).toBe(false);
});

describe("a broken grammar is named with its line", () => {
  test.each<[string, RegExp]>([
    ["", /no rule "root"/],
    ["root ::= missing", /"missing" is not defined/],
    ['root ::= "a"\nroot ::= "b"', /line 2: the rule "root" is defined twice/],
    ['root ::= "a', /lacks its "/],
    ["root ::= [a", /lacks its ]/],
    ["root ::= (a", /lacks its "\)"|not defined/],
    ["root = a", /"::=" must follow/],
    ['root ::= "\\q"', /not an escape/],
    ["root ::= [z-a]", /out of order/],
    ['root ::= "a"{3,2}', /is empty/],
    ["root ::= %", /unexpected "%"/],
    ['root ::= "a" )', /a rule must begin with its name/],
    [`root ::= ${"(".repeat(100)}`, /nested more than 64/],
    [`root ::= "${"a".repeat(70_000)}"`, /at most 65536/],
    ["root ::= root", /no text matches/],
  ])("%.30j", (text, message) => {
    expect(() => byteGrammar(gbnf(text))).toThrow(message);
    expect(() => byteGrammar(gbnf(text))).toThrow(ConstraintError);
  });
});
