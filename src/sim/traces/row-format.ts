import type { Arrival } from "../arrival.ts";

/** A kind of trace with one request a line. */
export interface RowFormat {
  /** For people. */
  readonly name: string;
  /** Without times, arrivals have to come from elsewhere. */
  readonly hasTimes: boolean;
  /** Whether prompts can begin alike: without, no request needs the prefix cache. */
  readonly sharesPrefixes: boolean;
  /** Whether the first line that is not blank is a header. */
  readonly hasHeader: boolean;
  recognizes(firstLine: string): boolean;
  /**
   * A new reader of one file's rows, which knows the file's first line; times from any origin. It throws an `Error`
   * that says what is wrong with a row.
   */
  reader(firstLine: string): (line: string) => Arrival;
}

/** A CSV whose header is known; `parse` needs nothing of the rows before. */
export function csvFormat(
  name: string,
  headers: readonly string[],
  parse: (line: string) => Arrival,
  hasTimes = true,
): RowFormat {
  const known = new Set(headers.map((header) => header.toLowerCase()));
  return {
    name,
    hasTimes,
    sharesPrefixes: false,
    hasHeader: true,
    recognizes: (line) => known.has(line.toLowerCase()),
    reader: () => parse,
  };
}
