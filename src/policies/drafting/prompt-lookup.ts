import { InvalidOptionError } from "../../errors.ts";
import { checkOptions, integerOption } from "../../option-checks.ts";
import type { Drafter } from "./drafter.ts";

/** Tokens that are looked through, from the end: bounds what one proposal costs. */
const MAX_LOOKBACK = 8192;

const NOTHING = new Int32Array(0);

/**
 * Proposes what followed the last time the request's own last tokens stood there: good where an answer repeats its
 * prompt (summaries, code edits, extraction), idle elsewhere. Takes the longest ending of `minLength` to `maxLength`
 * tokens that occurred before, and of its places the last; what ends with the request's own end goes on as a loop.
 * O(tokens). Source: prompt lookup decoding (Saxena 2023), vLLM's `ngram` speculation.
 */
export function promptLookup(
  options: { readonly maxDrafts?: number; readonly minLength?: number; readonly maxLength?: number } = {},
): Drafter {
  checkOptions(options, { maxDrafts: "other", minLength: "other", maxLength: "other" });
  const { maxDrafts = 4, minLength = 2, maxLength = 4 } = options;
  for (const [name, value] of Object.entries({ maxDrafts, minLength, maxLength })) {
    integerOption(name, value, { least: 1 });
  }
  if (minLength > maxLength) throw new InvalidOptionError(`minLength ${minLength} is above maxLength ${maxLength}`);
  const drafts = new Int32Array(maxDrafts);
  return {
    name: "prompt-lookup",
    propose(tokens, tokenCount, most) {
      const end = lastOccurrence(tokens, tokenCount, minLength, maxLength);
      if (end === 0) return NOTHING;
      const count = Math.min(most, maxDrafts);
      const period = tokenCount - end;
      for (let i = 0; i < count; i++) drafts[i] = tokens[end + (i % period)];
      return drafts.subarray(0, count);
    },
  };
}

/** One past the earlier occurrence of the longest ending, 0 where there is none. */
function lastOccurrence(tokens: Int32Array, tokenCount: number, minLength: number, maxLength: number): number {
  const stop = Math.max(0, tokenCount - MAX_LOOKBACK);
  let best = minLength - 1;
  let found = 0;
  for (let end = tokenCount - 1; end > stop && best < maxLength; end--) {
    let length = 0;
    while (length < maxLength && length < end && tokens[end - 1 - length] === tokens[tokenCount - 1 - length]) length++;
    if (length <= best) continue;
    best = length;
    found = end;
  }
  return found;
}
