import { UnsupportedModelError } from "../../errors.ts";
import { excerpt } from "../../json.ts";
import type { Pattern } from "./pattern.ts";

/** What becomes of a pattern's matches (`SplitDelimiterBehavior` of the Rust library). */
export type SplitBehavior = "Removed" | "Isolated" | "MergedWithPrevious" | "MergedWithNext" | "Contiguous";

const BEHAVIORS: ReadonlySet<unknown> = new Set<SplitBehavior>([
  "Removed",
  "Isolated",
  "MergedWithPrevious",
  "MergedWithNext",
  "Contiguous",
]);

export function parseBehavior(value: unknown, place: string): SplitBehavior {
  if (BEHAVIORS.has(value)) return value as SplitBehavior;
  throw new UnsupportedModelError(`tokenizer.json: ${place}: behavior ${excerpt(value)} is not implemented`);
}

/** A part of a text, [start, end), and whether the pattern matched it. */
interface Part {
  start: number;
  readonly end: number;
  readonly matched: boolean;
}

/**
 * Cuts a text at a pattern's matches, or with `invert` at what lies between them. Returns where the pieces start and
 * end, flat and in order, none empty. Law: with any behavior but "Removed" the pieces put together are the text.
 */
export function split(
  text: string,
  pattern: Pattern,
  { behavior, invert = false }: { behavior: SplitBehavior; invert?: boolean },
): number[] {
  return notEmpty(cut(partsOf(text, pattern, invert), behavior));
}

function cut(parts: readonly Part[], behavior: SplitBehavior): number[] {
  if (behavior === "MergedWithNext") return flat(mergeBackward(parts));
  const pieces: number[] = [];
  let afterMatch = false;
  for (const { start, end, matched } of parts) {
    const joins =
      behavior === "Contiguous" ? matched === afterMatch : behavior === "MergedWithPrevious" && matched && !afterMatch;
    if (joins && pieces.length > 0) pieces[pieces.length - 1] = end;
    else if (behavior !== "Removed" || !matched) pieces.push(start, end);
    afterMatch = matched;
  }
  return pieces;
}

/** Empty matches are parts, too: they part their neighbours, and are dropped in the end. */
function partsOf(text: string, pattern: Pattern, invert: boolean): Part[] {
  const spans = pattern(text);
  const parts: Part[] = [];
  let done = 0;
  for (let i = 0; i <= spans.length; i += 2) {
    const start = spans[i] ?? text.length;
    const end = spans[i + 1] ?? start;
    if (start > done) parts.push({ start: done, end: start, matched: invert });
    if (i < spans.length) parts.push({ start, end, matched: !invert });
    done = end;
  }
  return parts;
}

/** A match joins what follows it, seen from the end: of two matches in a row the second does. */
function mergeBackward(parts: readonly Part[]): Part[] {
  const merged: Part[] = [];
  let beforeMatch = false;
  for (const part of parts.toReversed()) {
    const last = merged.at(-1);
    if (part.matched && !beforeMatch && last !== undefined) last.start = part.start;
    else merged.push(part);
    beforeMatch = part.matched;
  }
  return merged.toReversed();
}

function notEmpty(spans: readonly number[]): number[] {
  const pieces: number[] = [];
  for (let i = 0; i < spans.length; i += 2) if (spans[i] < spans[i + 1]) pieces.push(spans[i], spans[i + 1]);
  return pieces;
}

function flat(parts: readonly Part[]): number[] {
  return parts.flatMap(({ start, end }) => [start, end]);
}
