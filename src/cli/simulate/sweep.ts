import { availableParallelism } from "node:os";
import type { Tinypool } from "tinypool";
import { MissingPackageError } from "../../errors.ts";
import { UsageError } from "../failure.ts";
import type { Io } from "../io.ts";
import { appendLine, dropUnfinishedLine } from "../lines-file.ts";
import { Progress } from "./progress.ts";
import { keyOf, readLines, type SweepLine } from "./results-file.ts";
import type { Settings } from "./settings.ts";

/** One part of a sweep: runs whose number leaves `part - 1` when divided by `parts`. */
export interface Shard {
  readonly part: number;
  readonly parts: number;
}

export interface SweepOptions {
  readonly runs: readonly Settings[];
  readonly shard: Shard;
  /**
   * A line a run is appended here, and runs that it holds already are not done again; without it lines go to standard
   * output.
   */
  readonly out?: string;
  /** Worker threads. Default: one a core. */
  readonly jobs?: number;
}

/** "2/8" -> part 2 of 8. Throws `UsageError`. */
export function parseShard(text: string): Shard {
  const match = /^([1-9]\d*)\/([1-9]\d*)$/.exec(text);
  const [part, parts] = [Number(match?.[1]), Number(match?.[2])];
  if (match === null || part > parts) throw new UsageError(`--shard must be k/n with 1 <= k <= n, got "${text}"`);
  return { part, parts };
}

/** Runs of the shard that the file lacks, and its failed runs. */
export function runsToDo({ runs, shard, out }: SweepOptions): Settings[] {
  const own = runs.filter((_, i) => i % shard.parts === shard.part - 1);
  const lines = out === undefined ? [] : readLines(out);
  const done = new Set(lines.filter((line) => !("error" in line)).map(({ key }) => key));
  return own.filter((settings) => !done.has(keyOf(settings)));
}

/**
 * Simulates a grid of settings on all cores. Lines are written as runs end, in whatever order that is; a sweep that was
 * stopped goes on where it was. Returns all lines of this call.
 */
export async function sweep(options: SweepOptions, io: Io): Promise<SweepLine[]> {
  const { out, jobs = availableParallelism() } = options;
  if (out !== undefined) dropUnfinishedLine(out);
  const todo = runsToDo(options);
  const progress = new Progress(io.stderr, todo.length, () => performance.now() / 1000);
  const pool = await openPool(Math.max(1, Math.min(jobs, todo.length)));
  await progress.draw();
  const lines: SweepLine[] = [];
  const run = async (settings: Settings): Promise<void> => {
    const line = (await pool.run(settings, { signal: io.signal })) as SweepLine;
    lines.push(line);
    if (out === undefined) await io.stdout.write(`${JSON.stringify(line)}\n`);
    else appendLine(out, line);
    await progress.advance();
  };
  try {
    await Promise.all(todo.map(run));
  } catch (error) {
    if (!io.signal.aborted) throw error;
    await progress.end();
    await io.stderr.write(
      `bstar: stopped after ${lines.length} of ${todo.length} ` +
        `runs${out === undefined ? "" : "; the same command goes on from there"}\n`,
    );
  } finally {
    await pool.destroy();
    await progress.end();
  }
  return lines;
}

async function openPool(threads: number): Promise<Tinypool> {
  const filename = new URL(workerFile(), import.meta.url).href;
  try {
    const { Tinypool } = await import("tinypool");
    return new Tinypool({ filename, minThreads: 1, maxThreads: threads });
  } catch (error) {
    throw new MissingPackageError("a sweep needs the package tinypool: npm install tinypool", { cause: error });
  }
}

/** The sources are run as they are, the build as JavaScript. */
function workerFile(): string {
  return import.meta.url.endsWith(".ts") ? "./worker.ts" : "./worker.js";
}
