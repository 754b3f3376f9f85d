import { expect, test } from "vitest";
import { InvalidModelError } from "../../../src/errors.ts";
import {
  cuttersFor,
  parseAddedTokens,
  type AddedToken,
  type Section,
} from "../../../src/models/tokenizer/added-tokens.ts";

function token(id: number, content: string, fields: Partial<AddedToken> = {}): AddedToken {
  return { id, content, special: false, singleWord: false, lstrip: false, rstrip: false, normalized: false, ...fields };
}

function shown(text: string, sections: readonly Section[]): string[] {
  return sections.map(({ id, start, end }) => (id < 0 ? text.slice(start, end) : `${id}:${text.slice(start, end)}`));
}

const raw = (tokens: AddedToken[], text: string): string[] =>
  shown(
    text,
    cuttersFor(tokens, null).raw(text, () => true),
  );

test("at each place the longest is taken, from the left", () => {
  const tokens = [token(0, "ab"), token(1, "abc"), token(2, "bcd"), token(3, "")];
  expect(raw(tokens, "xabcdab")).toEqual(["x", "1:abc", "d", "0:ab"]);
  expect(raw(tokens, "")).toEqual([]);
});

test("single words, as the Rust library's tests have them", () => {
  const tokens = [token(0, "<mask>", { singleWord: true })];
  expect(raw(tokens, "<mask> My name <mask> A<mask> <mask>ony <mask>")).toEqual([
    "0:<mask>",
    " My name ",
    "0:<mask>",
    " A<mask> <mask>ony ",
    "0:<mask>",
  ]);
  expect(raw(tokens, "<mask>, <mask>- ◌̰<mask>")).toEqual(["0:<mask>", ", ", "0:<mask>", "- ◌̰<mask>"]);
});

test("white space is taken along on the sides that say so, and only once", () => {
  const tokens = [token(0, "<l>", { lstrip: true }), token(1, "<r>", { rstrip: true })];
  expect(raw(tokens, "a \n<l> b <r>  c")).toEqual(["a", "0: \n<l>", " b ", "1:<r>  ", "c"]);
  expect(raw(tokens, "<r> <l>")).toEqual(["1:<r> ", "0:<l>"]);
});

test("where a token is not accepted the next shorter one is asked about", () => {
  const tokens = [token(0, "ab"), token(1, "abc", { special: true }), token(2, "c")];
  const sections = cuttersFor(tokens, null).raw("abcabc", ({ special }, start) => !special || start > 0);
  expect(shown("abcabc", sections)).toEqual(["0:ab", "2:c", "1:abc"]);
});

test("normalized tokens are looked for in the normalized text, normalized themselves", () => {
  const normalizer = (text: string): string => `▁${text.toLowerCase()}`;
  const { raw: before, normalized } = cuttersFor([token(0, "<A>", { normalized: true }), token(1, "<b>")], normalizer);
  expect(
    shown(
      "<A> <b>",
      before("<A> <b>", () => true),
    ),
  ).toEqual(["<A> ", "1:<b>"]);
  expect(
    shown(
      "▁<a> ",
      normalized("▁<a> ", () => true),
    ),
  ).toEqual(["0:▁<a>", " "]);
  // Prepend puts its mark in front of the token's name too: inside a text it is not found.
  expect(
    shown(
      "▁x<a>",
      normalized("▁x<a>", () => true),
    ),
  ).toEqual(["▁x<a>"]);
});

test("reads the list", () => {
  expect(parseAddedTokens([{ id: 3, content: "<x>", special: true }])).toEqual([token(3, "<x>", { special: true })]);
  expect(parseAddedTokens([{ id: 3, content: "<x>" }])[0].normalized).toBe(true);
  expect(() => parseAddedTokens(undefined)).toThrow(
    new InvalidModelError("tokenizer.json: added_tokens must be a list, it is missing"),
  );
});
