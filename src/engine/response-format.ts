import { InvalidRequestError } from "../errors.ts";
import type { GrammarFormat, ResponseFormat } from "../response-format.ts";
import type { TokenMask } from "../token-mask.ts";

/** Makes masks of response formats: `grammars()` of `bstar/grammar`, or another one. */
export interface GrammarProvider {
  /**
   * A mask that has accepted nothing. Stop ids are allowed where an answer is complete. Throws `ConstraintError` that
   * names what the format has and the provider does not support.
   */
  mask(format: GrammarFormat, stopTokenIds: readonly number[]): TokenMask;
}

/** The mask of a request: its own, or its response format's. Throws `InvalidRequestError` and `ConstraintError`. */
export function maskOf(
  { mask, responseFormat }: { readonly mask?: TokenMask; readonly responseFormat?: ResponseFormat },
  stopTokenIds: readonly number[],
  { grammars }: { readonly grammars?: GrammarProvider },
): TokenMask | undefined {
  if (responseFormat === undefined) return mask;
  if (mask !== undefined) throw new InvalidRequestError("mask and responseFormat exclude each other");
  if (responseFormat === null || typeof responseFormat !== "object") {
    throw new InvalidRequestError(`responseFormat must be an object with a type, got ${String(responseFormat)}`);
  }
  if (responseFormat.type === "text") return undefined;
  if (grammars === undefined) throw new InvalidRequestError("responseFormat needs an engine with grammars");
  return grammars.mask(responseFormat, stopTokenIds);
}
