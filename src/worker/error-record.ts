import { AssertionError } from "../assert.ts";
import * as errors from "../errors.ts";

/** An error as plain data. Structured cloning keeps an error's message, and loses its class and `code`. */
export interface ErrorRecord {
  readonly name: string;
  readonly code: string | null;
  readonly message: string;
  readonly stack: string | undefined;
  readonly cause: ErrorRecord | null;
}

/** Causes of causes that are kept: a chain that refers to itself ends. */
const MAX_CAUSES = 8;

type ErrorClass = new (message: string, options?: ErrorOptions) => Error;

const { BstarError, ...named } = errors;
const CLASSES: ReadonlyMap<string, ErrorClass> = new Map(
  [AssertionError, TypeError, RangeError, ...Object.values(named)].map((each) => [new each("").name, each]),
);

/** What was thrown, as plain data. */
export function recordOf(thrown: unknown, depth = 0): ErrorRecord {
  if (!(thrown instanceof Error)) {
    return { name: "Error", code: null, message: String(thrown), stack: undefined, cause: null };
  }
  const { name, message, stack, cause } = thrown;
  const code = thrown instanceof BstarError ? thrown.code : null;
  const hasCause = cause !== undefined && depth < MAX_CAUSES;
  return { name, code, message, stack, cause: hasCause ? recordOf(cause, depth + 1) : null };
}

/**
 * The error again, of its own class where the library has it, else a `BstarError` or an `Error` with its code and name.
 */
export function errorOf({ name, code, message, stack, cause }: ErrorRecord): Error {
  const options = cause === null ? undefined : { cause: errorOf(cause) };
  const known = CLASSES.get(name);
  const error = known !== undefined ? new known(message, options) : unknownError(name, code, message, options);
  if (options !== undefined) error.cause ??= options.cause;
  if (stack !== undefined) Object.defineProperty(error, "stack", { value: stack, configurable: true, writable: true });
  return error;
}

function unknownError(name: string, code: string | null, message: string, options: ErrorOptions | undefined): Error {
  if (code !== null) return new BstarError(code, message, options);
  return Object.defineProperty(new Error(message, options), "name", { value: name, configurable: true });
}
