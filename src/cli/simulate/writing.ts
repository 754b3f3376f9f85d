import { BstarError } from "../../errors.ts";

/** Does what writes to the path. Throws a `BstarError` that names it and says why it cannot be written. */
export function writing<T>(path: string, write: () => T): T {
  try {
    return write();
  } catch (error) {
    throw new BstarError(
      "output_failed",
      `cannot write to ${path}: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error },
    );
  }
}
