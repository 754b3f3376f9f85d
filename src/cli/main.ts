#!/usr/bin/env node
import { setMaxListeners } from "node:events";
import { constants } from "node:os";
import type { Io } from "./io.ts";
import { StreamOutput } from "./output.ts";
import { run } from "./run.ts";

/** Shells report a process that a signal ended as 128 and the signal's number. */
const SIGNAL_EXIT = 128;

const interruption = new AbortController();
setMaxListeners(0, interruption.signal); // every request listens
let interruptedBy: "SIGINT" | "SIGTERM" | null = null;

const io: Io = {
  stdout: new StreamOutput(process.stdout, "standard output", process.env),
  stderr: new StreamOutput(process.stderr, "standard error", process.env),
  stdin: process.stdin,
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

process.on("SIGINT", interrupt);
process.on("SIGTERM", interrupt);

const exitCode = await run(process.argv.slice(2), io);
process.exitCode = interruptedBy === null ? exitCode : SIGNAL_EXIT + constants.signals[interruptedBy];
