import type { Drafter } from "../policies/drafting/drafter.ts";
import { nextToken } from "./context-device.ts";

/**
 * Guesses of a `ContextDevice`'s first choice, a few at a time: some right to the end, some wrong from a place on.
 * Decided by the tokens alone.
 */
export function guessingDrafter(window: number | null): Drafter {
  return {
    name: "guessing",
    propose(tokens, tokenCount, most) {
      const context = Array.from(tokens.subarray(0, tokenCount));
      const chance = nextToken(context, null, 99);
      const count = Math.min(most, chance % 6);
      const right = Math.floor(chance / 6) % 8;
      for (let i = 0; i < count; i++) context.push(nextToken(context, window) + (i < right ? 0 : 1));
      return context.slice(tokenCount);
    },
  };
}
