/** The command line without a process: what it wrote, and its exit code. */
import type { Io } from "../../src/cli/io.ts";
import type { Output, Terminal } from "../../src/cli/output.ts";
import { run } from "../../src/cli/run.ts";

/** Keeps what is written; a pipe unless it is given a terminal. */
export class MemoryOutput implements Output {
  readonly writes: string[] = [];
  readonly terminal: Terminal | null;
  /** What every write fails with. */
  failure: Error | null = null;

  constructor(terminal: Terminal | null = null) {
    this.terminal = terminal;
  }

  async write(text: string): Promise<void> {
    if (this.failure !== null) throw this.failure;
    if (text !== "") this.writes.push(text);
  }

  get text(): string {
    return this.writes.join("");
  }
}

export interface MemoryIo extends Io {
  readonly stdout: MemoryOutput;
  readonly stderr: MemoryOutput;
}

export interface MemoryIoOptions {
  readonly stdin?: string;
  readonly terminal?: Terminal | null;
  readonly signal?: AbortSignal;
}

export function memoryIo({
  stdin = "",
  terminal = null,
  signal = new AbortController().signal,
}: MemoryIoOptions = {}): MemoryIo {
  async function* read(): AsyncGenerator<Uint8Array> {
    yield new TextEncoder().encode(stdin);
  }
  return {
    stdout: new MemoryOutput(terminal),
    stderr: new MemoryOutput(),
    stdin: read(),
    env: {},
    signal,
    exitCode: 0,
  };
}

/** `bstar` with these arguments, in this process. */
export async function bstar(
  args: readonly string[],
  options: MemoryIoOptions = {},
): Promise<{ code: number; out: string; err: string }> {
  const io = memoryIo(options);
  const code = await run(args, io);
  return { code, out: io.stdout.text, err: io.stderr.text };
}
