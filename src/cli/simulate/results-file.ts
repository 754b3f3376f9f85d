import { UsageError } from "../failure.ts";
import { wholeLines } from "../lines-file.ts";
import type { RunRecord } from "./run-settings.ts";
import type { Settings } from "./settings.ts";

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

/**
 * The lines of a sweep's file, none where it is not there. Of equal keys the last counts. Throws `UsageError` that
 * names file and line.
 */
export function readLines(path: string): SweepLine[] {
  const byKey = new Map<string, SweepLine>();
  for (const [i, line] of wholeLines(path).entries()) {
    if (line !== "") byKey.set(parse(line, `${path}:${i + 1}`).key, parse(line, path));
  }
  return [...byKey.values()];
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
