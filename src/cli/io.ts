import type { Output } from "./output.ts";

/** The world of a command: what it reads, where it writes, and when it has to stop. */
export interface Io {
  readonly stdout: Output;
  readonly stderr: Output;
  readonly stdin: AsyncIterable<Uint8Array>;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Aborted by Ctrl-C: running requests end, what they have is printed. */
  readonly signal: AbortSignal;
  /** A command that did not fail outright, yet did not do all it was asked for, sets 1. */
  exitCode: number;
}
