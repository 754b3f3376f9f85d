import { statSync } from "node:fs";
import { resolve } from "node:path";
import type { LoadedModel, LoadOptions } from "../models/index.ts";
import { UsageError } from "./failure.ts";

/** The model that `--model` names: "builtin", a folder, a .gguf file, a URL or a name of the Hub. Throws `UsageError` where there is no such place; a damaged model is a failed run. */
export async function openModel(source: string, options: LoadOptions = {}): Promise<LoadedModel> {
  if (source !== "builtin" && !/^(?:https?|hf):/.test(source)) checkPlace(source);
  const { loadModel } = await import("../models/index.ts");
  return loadModel(source, options);
}

function checkPlace(folder: string): void {
  const found = folder === "" ? undefined : statSync(folder, { throwIfNoEntry: false });
  if (found?.isDirectory() === true || (found?.isFile() === true && /\.gguf$/i.test(folder))) return;
  const problem = found === undefined ? "does not exist" : "is neither a folder nor a .gguf file";
  throw new UsageError(`--model: ${JSON.stringify(folder)} ${problem} (looked for ${resolve(folder)}); "builtin" is the model that ships with bstar`);
}
