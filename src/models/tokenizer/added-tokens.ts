import { InvalidModelError } from "../../errors.ts";
import { describe, excerpt, isObject } from "../../json.ts";
import type { Normalizer } from "./normalizers.ts";
import { Trie } from "./trie.ts";

/** A token that is found in a text before the model sees it (`AddedToken` of the Rust library). */
export interface AddedToken {
  readonly id: number;
  readonly content: string;
  /** A control token: no text of an answer, and in a text that is taken as text not looked for. */
  readonly special: boolean;
  /** Found only where no word character stands beside it. */
  readonly singleWord: boolean;
  /** Takes the white space before it along. */
  readonly lstrip: boolean;
  /** Takes the white space behind it along. */
  readonly rstrip: boolean;
  /** Looked for, normalized itself, in the normalized text. */
  readonly normalized: boolean;
}

/** A part of a text: an added token's, or with `id` -1 other text. */
export interface Section {
  readonly id: number;
  readonly start: number;
  readonly end: number;
}

/** Whether a token that was found at [start, end) is taken; the next shorter one there is asked about otherwise. */
export type Accepts = (token: AddedToken, start: number, end: number) => boolean;

/** Cuts a text at added tokens; no section is empty. */
export type Cutter = (text: string, accepts: Accepts) => Section[];

/** What a text is cut at before it is normalized, and after. */
export interface Cutters {
  readonly raw: Cutter;
  readonly normalized: Cutter;
}

export function parseAddedTokens(list: unknown): AddedToken[] {
  if (!Array.isArray(list)) {
    throw new InvalidModelError(`tokenizer.json: added_tokens must be a list, ${describe(list)}`);
  }
  return list.map(parseAddedToken);
}

function parseAddedToken(token: unknown): AddedToken {
  if (!isObject(token) || typeof token["content"] !== "string") {
    throw new InvalidModelError(`tokenizer.json: added token ${excerpt(token)} has no content`);
  }
  const special = token["special"] === true;
  return {
    id: token["id"] as number,
    content: token["content"],
    special,
    singleWord: token["single_word"] === true,
    lstrip: token["lstrip"] === true,
    rstrip: token["rstrip"] === true,
    normalized: typeof token["normalized"] === "boolean" ? token["normalized"] : !special,
  };
}

/** The cutters for these tokens: unnormalized tokens are looked for first. */
export function cuttersFor(tokens: readonly AddedToken[], normalizer: Normalizer | null): Cutters {
  const raw = tokens.filter(({ normalized }) => !normalized);
  const normalized = tokens.filter((token) => token.normalized);
  return { raw: cutterFor(raw, null), normalized: cutterFor(normalized, normalizer) };
}

/** At each place the longest token is taken, from the left. */
function cutterFor(tokens: readonly AddedToken[], normalizer: Normalizer | null): Cutter {
  if (tokens.length === 0) return (text) => (text === "" ? [] : [{ id: -1, start: 0, end: text.length }]);
  const trie = new Trie();
  tokens.forEach(({ content }, index) => trie.add(normalizer === null ? content : normalizer(content), index));
  return (text, accepts) => cut(text, (at) => longestAt(text, at, { tokens, trie, accepts }));
}

interface Sought {
  readonly tokens: readonly AddedToken[];
  readonly trie: Trie;
  readonly accepts: Accepts;
}

interface Found {
  readonly token: AddedToken;
  readonly end: number;
}

/** The longest token at a place that is accepted, or null. */
function longestAt(text: string, at: number, { tokens, trie, accepts }: Sought): Found | null {
  let found: Found | null = null;
  trie.matchesAt(text, at, (index, end) => {
    if (accepts(tokens[index], at, end)) found = { token: tokens[index], end };
  });
  return found;
}

function cut(text: string, find: (at: number) => Found | null): Section[] {
  const sections: Section[] = [];
  let done = 0;
  for (let at = 0; at < text.length;) {
    const found = find(at);
    if (found === null) {
      at++;
      continue;
    }
    const { token } = found;
    let { end } = found;
    if (!token.singleWord || standsAlone(text, at, end)) {
      const start = token.lstrip ? Math.max(done, spaceBefore(text, at)) : at;
      if (token.rstrip) end = spaceBehind(text, end);
      if (start > done) sections.push({ id: -1, start: done, end: start });
      sections.push({ id: token.id, start, end });
      done = end;
    }
    at = end;
  }
  if (done < text.length) sections.push({ id: -1, start: done, end: text.length });
  return sections;
}

/** Characters of words, `\w` of Rust's regex crate. */
const WORD = /[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]/u;
const SPACE = /\p{White_Space}/u;

function standsAlone(text: string, start: number, end: number): boolean {
  const before = text.slice(Math.max(0, start - 2), start);
  const last = Array.from(before).at(-1) ?? "";
  const next = end < text.length ? String.fromCodePoint(text.codePointAt(end)!) : "";
  return !WORD.test(last) && !WORD.test(next);
}

function spaceBefore(text: string, at: number): number {
  let start = at;
  while (start > 0 && SPACE.test(text[start - 1])) start--;
  return start;
}

function spaceBehind(text: string, at: number): number {
  let end = at;
  while (end < text.length && SPACE.test(text[end])) end++;
  return end;
}
