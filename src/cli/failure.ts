import { BstarError, InvalidOptionError } from "../errors.ts";

export const EXIT_OK = 0;
export const EXIT_FAILED = 1;
export const EXIT_BAD_USAGE = 2;

/** The command line, or a file that it names, cannot be used: nothing was run. */
export class UsageError extends BstarError {
  override readonly name: string = "UsageError";
  constructor(message: string) {
    super("bad_usage", message);
  }
}

/** The reader of the output went away, as `head` does: no failure. */
export class OutputClosedError extends BstarError {
  override readonly name: string = "OutputClosedError";
  constructor() {
    super("output_closed", "the reader of the output is gone");
  }
}

/** What a shell sees of an error. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof OutputClosedError) return EXIT_OK;
  return error instanceof UsageError || error instanceof InvalidOptionError ? EXIT_BAD_USAGE : EXIT_FAILED;
}

/** One line for people; the stack too where BSTAR_DEBUG is set. Unexpected errors say how to see the stack. */
export function describeFailure(error: unknown, env: Readonly<Record<string, string | undefined>>): string {
  const debug = (env["BSTAR_DEBUG"] ?? "") !== "";
  if (debug && error instanceof Error) return `bstar: ${error.stack}\n`;
  const hint = error instanceof BstarError ? "" : " (unexpected: BSTAR_DEBUG=1 shows where)";
  return `bstar: ${oneLine(error instanceof Error ? error.message : String(error))}${hint}\n`;
}

/** Line breaks would make one error look like several. */
export function oneLine(text: string): string {
  return text.replace(/\s*\n\s*/g, " ").trim();
}
