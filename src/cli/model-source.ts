import { statSync } from "node:fs";
import { resolve } from "node:path";
import type { LoadedModel } from "../models/index.ts";
import { UsageError } from "./failure.ts";

/** The model that `--model` names: "builtin", a folder, a URL or a name of the Hub. Throws `UsageError` where the folder is not there; a damaged model is a failed run. */
export async function openModel(source: string): Promise<LoadedModel> {
  if (source !== "builtin" && !/^(?:https?|hf):/.test(source)) checkFolder(source);
  const { loadModel } = await import("../models/index.ts");
  return loadModel(source);
}

function checkFolder(folder: string): void {
  const found = folder === "" ? undefined : statSync(folder, { throwIfNoEntry: false });
  if (found?.isDirectory() === true) return;
  const problem = found === undefined ? "does not exist" : "is not a folder";
  throw new UsageError(`--model: ${JSON.stringify(folder)} ${problem} (looked for ${resolve(folder)}); "builtin" is the model that ships with bstar`);
}
