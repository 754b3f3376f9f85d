import { statSync } from "node:fs";
import { resolve } from "node:path";
import type { LoadOptions, OpenedModel } from "../models/index.ts";
import { UsageError } from "./failure.ts";
import type { Io } from "./io.ts";

/** What a `--model` option says of itself. */
export const MODEL_HELP = 'a folder, a .gguf file, a URL of either, hf:org/name[@revision][:file], or "builtin"';

/** Percent between two lines of a download's progress. */
const PROGRESS_STEP = 10;

/**
 * The model that `--model` names: "builtin", a folder, a GGUF file, a URL or a name of the Hub. Its weights stay in the
 * files, which the caller closes when the backend is made. Downloads are told on standard error. Throws `UsageError`
 * where a folder or file is not there; a damaged model is a failed run.
 */
export async function openModel(
  source: string,
  options: LoadOptions = {},
  io?: Pick<Io, "stderr" | "signal">,
): Promise<OpenedModel> {
  if (source !== "builtin" && !/^(?:https?|hf):/.test(source)) checkPlace(source);
  const { openModel: open } = await import("../models/index.ts");
  return open(source, io === undefined ? options : { ...options, signal: io.signal, onDownload: tellProgress(io) });
}

/** What `work` gives; the model's files are closed when it is over. */
export async function thenClose<T>({ close }: Pick<OpenedModel, "close">, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } finally {
    await close();
  }
}

/** A line a tenth of each file. */
function tellProgress({ stderr }: Pick<Io, "stderr">): (file: string, done: number, total: number) => void {
  const told = new Map<string, number>();
  return (file, done, total) => {
    const step = Math.floor((100 * done) / total / PROGRESS_STEP);
    if (step <= (told.get(file) ?? 0)) return;
    told.set(file, step);
    // A closed standard error must not end a download.
    stderr
      .write(`downloading ${file}: ${step * PROGRESS_STEP}% of ${(total / 2 ** 20).toFixed(1)} MiB\n`)
      .catch(() => {});
  };
}

function checkPlace(place: string): void {
  const found = place === "" ? undefined : statSync(place, { throwIfNoEntry: false });
  if (found?.isDirectory() === true || (found?.isFile() === true && /\.gguf$/i.test(place))) return;
  const problem = found === undefined ? "does not exist" : "is neither a folder nor a .gguf file";
  throw new UsageError(
    `--model: ${JSON.stringify(place)} ${problem} (looked for ${resolve(place)}); ` +
      `"builtin" is the model that ships with bstar`,
  );
}
