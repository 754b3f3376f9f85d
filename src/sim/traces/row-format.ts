import type { Arrival } from "../arrival.ts";

/** A kind of trace with one request a line. */
export interface RowFormat {
  /** For people. */
  readonly name: string;
  /** Without times, arrivals have to come from elsewhere. */
  readonly hasTimes: boolean;
  /** Lines before the first row. */
  readonly headerLines: number;
  recognizes(firstLine: string): boolean;
  /** A row; times from any origin. Throws an `Error` that says what is wrong with it. */
  parse(line: string): Arrival;
}
