import { statSync } from "node:fs";
import { resolve } from "node:path";
import type { LoadOptions, LoadProgress, OpenedModel } from "../models/index.ts";
import { UsageError } from "./failure.ts";
import type { Io } from "./io.ts";

/** What a `--model` option says of itself. */
export const MODEL_HELP = 'a folder, a .gguf file, a URL of either, hf:org/name[@revision][:file], or "builtin"';

/** Percent between two lines of progress. */
const PROGRESS_STEP = 10;

/** Smaller models are read in less than a second, and nothing is said. */
const TOLD_BYTES = 16 * 2 ** 20;

/**
 * The model that `--model` names: "builtin", a folder, a GGUF file, a URL or a name of the Hub. Its weights stay in the
 * files, which the caller closes when the backend is made. Downloads are told on standard error, and how far large
 * weights are read. Throws `UsageError` where a folder or file is not there; a damaged model is a failed run.
 */
export async function openModel(
  source: string,
  options: LoadOptions = {},
  io?: Pick<Io, "stderr" | "signal">,
): Promise<OpenedModel> {
  if (source !== "builtin" && !/^(?:https?|hf):/.test(source)) checkPlace(source);
  const { openModel: open } = await import("../models/index.ts");
  if (io === undefined) return open(source, options);
  const [downloaded, loaded] = [tellProgress(io, "downloading"), tellProgress(io, "loading")];
  const onProgress = ({ bytesRead, totalBytes }: LoadProgress): void => {
    if (totalBytes >= TOLD_BYTES) loaded("weights", bytesRead, totalBytes);
  };
  return open(source, { ...options, signal: io.signal, onDownload: downloaded, onProgress });
}

/** What `work` gives; the model's files are closed when it is over. */
export async function thenClose<T>({ close }: Pick<OpenedModel, "close">, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } finally {
    await close();
  }
}

/** A line a tenth of each thing. */
function tellProgress(
  { stderr }: Pick<Io, "stderr">,
  verb: string,
): (what: string, done: number, total: number) => void {
  const told = new Map<string, number>();
  return (what, done, total) => {
    const step = Math.floor((100 * done) / total / PROGRESS_STEP);
    if (step <= (told.get(what) ?? 0)) return;
    told.set(what, step);
    // A closed standard error must not end what is told of.
    stderr.write(`${verb} ${what}: ${step * PROGRESS_STEP}% of ${(total / 2 ** 20).toFixed(1)} MiB\n`).catch(() => {});
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
