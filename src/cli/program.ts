import { Command } from "commander";
import { oneLine } from "./failure.ts";
import type { Io } from "./io.ts";
import { packageVersion } from "./package-version.ts";

/** Adds a command. Its module is loaded when it is named, or when the help has to list it. */
type Register = (program: Command, io: Io) => void;

const COMMANDS: ReadonlyMap<string, () => Promise<Register>> = new Map([
  ["demo", async () => (await import("./demo/command.ts")).registerDemo],
  ["generate", async () => (await import("./generate/command.ts")).registerGenerate],
  ["chat", async () => (await import("./chat/command.ts")).registerChat],
  ["serve", async () => (await import("./serve/command.ts")).registerServe],
  ["bench", async () => (await import("./bench/command.ts")).registerBench],
  ["doctor", async () => (await import("./doctor/command.ts")).registerDoctor],
  ["simulate", async () => (await import("./simulate.ts")).registerSimulate],
  ["roofline", async () => (await import("./roofline.ts")).registerRoofline],
]);

/** What commander would print while it parses; written when it is done, so that a closed pipe is met in one place. */
export interface Printed {
  out: string;
  err: string;
}

/** The `bstar` command line with the commands that `args` may need. */
export async function createProgram(args: readonly string[], io: Io, printed: Printed): Promise<Command> {
  const program = new Command("bstar")
    .description(
      "Paged KV cache, continuous batching and chunked prefill: run prompts, watch it work, reckon with hardware.",
    )
    .version(packageVersion(), "-V, --version", "print the version")
    .helpOption("-h, --help", "print this help; after a command, its own")
    .helpCommand("help [command]", "print a command's help")
    .addHelpText(
      "after",
      "\nExit codes: 0 success, 1 a run failed, 2 bad usage. BSTAR_DEBUG=1 shows where an error came from.",
    )
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void (printed.out += text),
      writeErr: (text) => void (printed.err += text),
      outputError: (text) => void (printed.err += errorLine(text)),
      getOutHelpWidth: () => io.stdout.terminal?.columns ?? 100,
    });
  for (const load of modulesFor(args)) (await load())(program, io);
  return program;
}

function modulesFor(args: readonly string[]): Iterable<() => Promise<Register>> {
  const named = COMMANDS.get(args[0] ?? "");
  return named === undefined ? COMMANDS.values() : [named];
}

/** Commander's errors begin with "error: " and put suggestions on lines of their own. */
function errorLine(text: string): string {
  const line = oneLine(text.replace(/^error: /, ""));
  return line.startsWith("bstar") ? `${line}\n` : `bstar: ${line}\n`;
}
