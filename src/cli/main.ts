import { setMaxListeners } from "node:events";
import { constants } from "node:os";
import { describeFailure, EXIT_FAILED } from "./failure.ts";
import type { Io } from "./io.ts";
import { StreamOutput } from "./output.ts";
import { run } from "./run.ts";

/** Shells report a process that a signal ended as 128 and the signal's number. */
const SIGNAL_EXIT = 128;

const interruption = new AbortController();
setMaxListeners(0, interruption.signal); // every worker of a sweep listens
let interruptedBy: "SIGINT" | "SIGTERM" | null = null;

const io: Io = {
  stdout: new StreamOutput(process.stdout, "standard output", process.env),
  stderr: new StreamOutput(process.stderr, "standard error", process.env),
  /** Opened by the command that reads it, if one does. */
  get stdin() {
    return process.stdin;
  },
  env: process.env,
  signal: interruption.signal,
  exitCode: 0,
};

/** The first signal lets requests end and prints what they have; the second one does not wait for that. */
function interrupt(signal: "SIGINT" | "SIGTERM"): void {
  if (interruptedBy !== null) process.exit(SIGNAL_EXIT + constants.signals[signal]);
  interruptedBy = signal;
  interruption.abort();
}

/** An unhandled rejection is a bug; it is reported like any other failure. */
function crash(error: unknown): void {
  process.stderr.write(describeFailure(error, process.env));
  process.exit(EXIT_FAILED);
}

process.on("SIGINT", interrupt);
process.on("SIGTERM", interrupt);
process.on("uncaughtException", crash);

const exitCode = await run(process.argv.slice(2), io);
process.exitCode = interruptedBy === null ? exitCode : SIGNAL_EXIT + constants.signals[interruptedBy];
