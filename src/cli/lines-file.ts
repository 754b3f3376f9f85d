import { appendFileSync, readFileSync, statSync, truncateSync } from "node:fs";
import { UsageError } from "./failure.ts";
import { writing } from "./simulate/writing.ts";

/** Appends a value as a line of JSON. Throws a `BstarError` that names the path, as where no space is left. */
export function appendLine(path: string, line: object): void {
  writing(path, () => appendFileSync(path, `${JSON.stringify(line)}\n`));
}

/**
 * The lines that were written to their end, none where the file is not there. Throws `UsageError` for what is no file.
 */
export function wholeLines(path: string): string[] {
  if (!isThere(path)) return [];
  const text = readFileSync(path, "utf8");
  return text.slice(0, text.lastIndexOf("\n") + 1).split("\n");
}

/** Takes off what follows the last line break: a line that was interrupted while it was written. */
export function dropUnfinishedLine(path: string): void {
  if (!isThere(path)) return;
  const bytes = readFileSync(path);
  const end = bytes.lastIndexOf(0x0a) + 1;
  if (end < bytes.length) truncateSync(path, end);
}

/** A device may have no end, and a folder no lines. */
function isThere(path: string): boolean {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found !== undefined && !found.isFile()) throw new UsageError(`${path} is no regular file`);
  return found !== undefined;
}
