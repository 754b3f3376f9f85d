import { OutOfMemoryError } from "../../errors.ts";

/** A zeroed array of float64; throws `OutOfMemoryError` that says what it was for and how many bytes were asked for. */
export function allocate(length: number, purpose: string): Float64Array {
  try {
    return new Float64Array(length);
  } catch (cause) {
    throw new OutOfMemoryError(`cannot allocate ${8 * length} bytes for ${purpose}`, { cause });
  }
}
