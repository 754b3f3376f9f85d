import type { Arrival } from "./arrival.ts";

/** What becomes of a request that the context does not hold. */
export type OverContext = "clip" | "drop";

/**
 * The request within `contextLength` tokens, prompt and answer together; null where it is dropped. The same object
 * where nothing had to be done. The prompt's end is cut first, down to one token, then the answer: a server cuts old
 * turns rather than what is wanted.
 */
export function fitContext(arrival: Arrival, contextLength: number, rule: OverContext): Arrival | null {
  const { promptTokens, outputTokens } = arrival;
  if (promptTokens + outputTokens <= contextLength) return arrival;
  if (rule === "drop") return null;
  const output = Math.min(outputTokens, contextLength - 1);
  return { ...arrival, promptTokens: Math.min(promptTokens, contextLength - output), outputTokens: output };
}
