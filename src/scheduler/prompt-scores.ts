import type { Sequence } from "./sequence.ts";

/*
 * Log probabilities of a prompt: the row of its token p is sampled, and an edit forces token p + 1, whose log
 * probability is that of the unmodified logits. The row of the last prompt token has the request's own samples.
 */

/** The first row from `start` on that scores a token, where any does. */
export function firstScored({ scoredTokenCount }: Sequence, start: number): number {
  return Math.max(start, scoredTokenCount - 1);
}

/** How many of the rows `[start, end)` score a token. */
export function scoreCount(sequence: Sequence, start: number, end: number): number {
  if (sequence.promptLogprobs < 0) return 0;
  return Math.max(0, Math.min(end, sequence.promptTokenCount - 1) - firstScored(sequence, start));
}
