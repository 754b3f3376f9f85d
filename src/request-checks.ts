/** Checks of the values that a caller puts into a request. */
import { ANSWER_ROOM } from "./config.ts";
import { InvalidRequestError } from "./errors.ts";

export function isIntegerIn(value: number, low: number, high: number): boolean {
  return Number.isInteger(value) && value >= low && value <= high;
}

/** Throws `InvalidRequestError` that names the field and its value. */
export function check(ok: boolean, field: string, value: unknown, allowed: string): void {
  if (!ok) throw new InvalidRequestError(`${field} must be ${allowed}, got ${String(value)}`);
}

/** The prompt, and room behind it for a short answer. */
export function copyTokenIds(promptTokenIds: ArrayLike<number>, answerLength: number): Int32Array {
  check(
    promptTokenIds !== null && typeof promptTokenIds === "object",
    "promptTokenIds",
    promptTokenIds,
    "an array of token ids",
  );
  check(promptTokenIds.length > 0, "promptTokenIds", "none", "at least one token id");
  const tokens = new Int32Array(promptTokenIds.length + Math.min(answerLength, ANSWER_ROOM));
  if (promptTokenIds instanceof Int32Array && !hasNegative(promptTokenIds)) {
    tokens.set(promptTokenIds);
    return tokens;
  }
  for (let i = 0; i < promptTokenIds.length; i++) {
    const id = promptTokenIds[i];
    if (!isIntegerIn(id, 0, 2 ** 31 - 1)) check(false, `promptTokenIds[${i}]`, id, "an integer >= 0");
    tokens[i] = id;
  }
  return tokens;
}

/** One pass without a branch an id: most prompts come as what they are copied to. */
function hasNegative(ids: Int32Array): boolean {
  let signs = 0;
  for (let i = 0; i < ids.length; i++) signs |= ids[i];
  return signs < 0;
}
