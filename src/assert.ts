/** A broken internal law: a bug in bstar or in code that calls it out of contract, never a user's input. */
export class AssertionError extends Error {
  override readonly name = "AssertionError";
}

/**
 * Always-on O(1) check of a programmer's contract; O(n) checks live in `checkInvariants()` methods instead.
 * The message is a constant or a thunk, so that a passing check builds no string.
 */
export function assert(condition: boolean, message: string | (() => string)): asserts condition {
  if (!condition) throw new AssertionError(typeof message === "string" ? message : message());
}
