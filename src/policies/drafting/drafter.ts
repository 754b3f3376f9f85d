/**
 * Guesses a request's next tokens, so that one step can check several (speculative decoding). A guess is taken exactly
 * where it equals the token that the request draws itself: a drafter changes how many steps an answer takes, never a
 * token.
 *
 * Pure: the same tokens give the same guesses. Asked for each decode, and once more while the last token is on the
 * device, so it should cost little beside a step.
 */
export interface Drafter {
  readonly name: string;
  /** Up to `most` guesses, at least 1, at what follows `tokens[0 .. tokenCount)`; read before it is asked again. */
  propose(tokens: Int32Array, tokenCount: number, most: number): ArrayLike<number>;
}
