import { CommanderError } from "commander";
import { describeFailure, EXIT_BAD_USAGE, exitCodeOf, EXIT_OK, OutputClosedError } from "./failure.ts";
import type { Io } from "./io.ts";
import { createProgram, type Printed } from "./program.ts";

/**
 * Runs one command line, without the names of interpreter and script; resolves with the exit code and never rejects.
 */
export async function run(args: readonly string[], io: Io): Promise<number> {
  try {
    await parse(args, io);
    await io.stdout.write(""); // rejects with the error of an earlier write that was not awaited
    return io.exitCode;
  } catch (error) {
    const closed = error instanceof OutputClosedError;
    // Where standard error cannot be written either, the exit code is all that can be said.
    if (!closed) await io.stderr.write(describeFailure(error, io.env)).catch(() => {});
    return exitCodeOf(error);
  }
}

async function parse(args: readonly string[], io: Io): Promise<void> {
  const printed: Printed = { out: "", err: "" };
  try {
    const program = await createProgram(args, io, printed);
    await program.parseAsync(args, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    io.exitCode = error.exitCode === EXIT_OK ? EXIT_OK : EXIT_BAD_USAGE;
  }
  if (printed.out !== "") await io.stdout.write(printed.out);
  if (printed.err !== "") await io.stderr.write(printed.err);
}
