import { appendFileSync, readFileSync, statSync, truncateSync } from "node:fs";
import { UsageError } from "../failure.ts";
import type { RunRecord } from "./run-settings.ts";
import type { Settings } from "./settings.ts";
import { writing } from "./writing.ts";

/** Why a run of a sweep gave no result. */
export interface FailedRun {
  readonly key: string;
  readonly error: { readonly code: string; readonly message: string };
}

/** A line of a sweep's file: files are merged by putting one behind the other. */
export type SweepLine = FailedRun | (RunRecord & { readonly key: string });

/** Names a run by all of its settings, in the order of their names. */
export function keyOf(settings: Settings): string {
  return JSON.stringify(Object.fromEntries(Object.entries(settings).toSorted(([a], [b]) => (a < b ? -1 : 1))));
}

/** Throws a `BstarError` that names the path, as where no space is left. */
export function appendLine(path: string, line: SweepLine): void {
  writing(path, () => appendFileSync(path, `${JSON.stringify(line)}\n`));
}

/**
 * The lines of a sweep's file, none where it is not there. Of equal keys the last counts. Throws `UsageError` that
 * names file and line.
 */
export function readLines(path: string): SweepLine[] {
  if (!isThere(path)) return [];
  const text = readFileSync(path, "utf8");
  const lines = text.slice(0, text.lastIndexOf("\n") + 1).split("\n");
  const byKey = new Map<string, SweepLine>();
  for (const [i, line] of lines.entries()) {
    if (line !== "") byKey.set(parse(line, `${path}:${i + 1}`).key, parse(line, path));
  }
  return [...byKey.values()];
}

/** Takes off what follows the last line break: a run that was interrupted while it was written. */
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

function parse(line: string, where: string): SweepLine {
  try {
    const value = JSON.parse(line) as SweepLine;
    if (typeof value.key === "string") return value;
  } catch {
    // Said below.
  }
  throw new UsageError(`${where} is no line of a sweep`);
}
