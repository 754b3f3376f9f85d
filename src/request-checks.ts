/** Checks of the values that a caller puts into a request. */
import { ANSWER_ROOM } from "./config.ts";
import { InvalidRequestError } from "./errors.ts";
import { nearestName } from "./unknown-name.ts";

export function isIntegerIn(value: number, low: number, high: number): boolean {
  return Number.isInteger(value) && value >= low && value <= high;
}

/** Throws `InvalidRequestError` that names the field and its value. */
export function check(ok: boolean, field: string, value: unknown, allowed: string): void {
  if (!ok) throw new InvalidRequestError(`${field} must be ${allowed}, got ${String(value)}`);
}

/** A text. Throws `InvalidRequestError`. */
export function checkText(field: string, value: unknown): string {
  check(typeof value === "string", field, value, "text");
  return value as string;
}

/** A copy of a list of token ids, `most` at most. Throws `InvalidRequestError` that names the first that is none. */
export function checkTokenIds(field: string, ids: unknown, most = Number.POSITIVE_INFINITY): readonly number[] {
  check(Array.isArray(ids), field, ids, "an array of token ids");
  const list = ids as readonly unknown[];
  check(list.length <= most, field, `${list.length} ids`, `an array of ${most} ids at most`);
  return Array.from(list, (id, i) => {
    if (!isIntegerIn(id as number, 0, 2 ** 31 - 1)) check(false, `${field}[${i}]`, id, "an integer >= 0");
    return id as number;
  });
}

/** Throws `InvalidRequestError` for the first field that is not known, and names the nearest one that is. */
export function checkFields(what: string, input: object, known: readonly string[]): void {
  for (const name of Object.keys(input)) {
    if (known.includes(name)) continue;
    throw new InvalidRequestError(`${what} has no field "${name}"; did you mean ${nearestName(name, known)}?`);
  }
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
