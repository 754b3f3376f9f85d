import { InvalidOptionError } from "./errors.ts";

/** For a name that is none of those known; `besides`: what else may be given. */
export function unknownName(what: string, name: string, known: Iterable<string>, besides = ""): InvalidOptionError {
  return new InvalidOptionError(`unknown ${what} "${name}"; known: ${[...known].join(", ")}${besides}`);
}
