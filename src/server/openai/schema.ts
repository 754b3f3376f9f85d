import * as z from "zod";
import { excerpt } from "../../json.ts";
import { ApiError } from "./api-error.ts";

/** A field that may be left out; null means the same, as OpenAI's clients send it. */
export function optional<T extends z.ZodType>(schema: T): z.ZodOptional<z.ZodNullable<T>> {
  return schema.nullish();
}

export const flagSchema = z.boolean("must be true or false");

export const textSchema = z.string("must be a text");

/** An integer in [low, high]. */
export function integer(low: number, high: number = Number.MAX_SAFE_INTEGER): z.ZodType<number> {
  const range = high === Number.MAX_SAFE_INTEGER ? `an integer >= ${low}` : `an integer from ${low} to ${high}`;
  return z.number(`must be ${range}`).refine((value) => Number.isInteger(value) && value >= low && value <= high, {
    error: `must be ${range}`,
  });
}

/** A number in [low, high]. */
export function decimal(low: number, high: number): z.ZodType<number> {
  const error = `must be a number from ${low} to ${high}`;
  return z.number(error).refine((value) => value >= low && value <= high, { error });
}

/** A list of at most `most` items. */
export function atMost<T extends z.ZodType>(schema: T, most: number, what: string): z.ZodArray<T> {
  return z.array(schema, `must be a list of ${what}`).max(most, `must have ${most} ${what} at most`);
}

/** A field that the server takes only where it means nothing, so that a client is never silently misunderstood. */
export function only<const T extends string | number | boolean>(
  value: T,
  why: string,
): z.ZodType<T | null | undefined> {
  return optional(z.literal(value, `must be ${JSON.stringify(value)} or left out: ${why}`));
}

/** A body that the schema takes. Throws a 400 that names the first field that is wrong, and its value. */
export function parseBody<T>(schema: z.ZodType<T>, body: unknown): T {
  const result = schema.safeParse(body, { reportInput: true });
  if (result.success) return result.data;
  throw apiErrorOfIssue(result.error.issues[0]);
}

function apiErrorOfIssue(issue: z.core.$ZodIssue): ApiError {
  const param = paramOf(issue.path);
  if (issue.code === "unrecognized_keys") {
    const key = JSON.stringify(issue.keys[0]);
    const where = param === null ? "" : ` in ${param}`;
    return new ApiError(400, `unknown field ${key}${where}`, {
      param: paramOf([...issue.path, issue.keys[0]]),
      code: "unknown_parameter",
    });
  }
  const missing = issue.input === undefined;
  const complaint = missing ? "is missing" : `${requirementOf(issue)}, got ${excerpt(issue.input)}`;
  return new ApiError(400, `${param ?? "the body"} ${complaint}`, {
    param,
    code: missing ? "missing_required_parameter" : "invalid_value",
  });
}

/** Messages of this project begin with "must"; the library's with "Invalid input: expected …". */
function requirementOf({ message }: z.core.$ZodIssue): string {
  return message.startsWith("must")
    ? message
    : `must be ${message.replace(/^.*expected /, "").replace(/, received.*$/, "")}`;
}

/** ["messages", 0, "role"] -> "messages[0].role". */
function paramOf(path: readonly PropertyKey[]): string | null {
  if (path.length === 0) return null;
  return path
    .map((part) => (typeof part === "number" ? `[${part}]` : `.${String(part)}`))
    .join("")
    .replace(/^\./, "");
}
