import { readdirSync, readFileSync, statSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { decoderFromConfig, parseJsonObject } from "../../models/index.ts";
import { builtinModelFolder } from "../../models/node.ts";
import { oneLine } from "../failure.ts";
import type { ModelReport } from "./report.ts";

/** Folders looked into: a folder of models holds few, and each one costs a file read. */
const MAX_MODELS = 64;

/** The built-in model, and models in the folders of `within`; weights are not read. */
export function findModels(within: string): ModelReport[] {
  return [
    inspectModel("builtin", builtinModelFolder()),
    ...modelFolders(within).map((folder) => inspectModel(basename(folder), folder)),
  ];
}

function modelFolders(within: string): string[] {
  const entries = readdirOrNothing(within).slice(0, MAX_MODELS);
  const folders = entries.map((name) => resolve(within, name)).filter((folder) => folder !== builtinModelFolder());
  return folders.filter((folder) => readdirOrNothing(folder).includes("config.json"));
}

function inspectModel(name: string, folder: string): ModelReport {
  try {
    const { config } = decoderFromConfig(parseJsonObject(readFileSync(join(folder, "config.json")), "config.json"));
    const weights = readdirSync(folder).filter((file) => file.endsWith(".safetensors"));
    if (weights.length === 0) return { name, folder, problem: "has no .safetensors file" };
    const weightBytes = weights.reduce((sum, file) => sum + statSync(join(folder, file)).size, 0);
    return {
      name,
      folder,
      architecture: config.architecture,
      contextLength: config.contextLength,
      weightBytes,
      problem: null,
    };
  } catch (error) {
    return { name, folder, problem: oneLine((error as Error).message) };
  }
}

function readdirOrNothing(folder: string): string[] {
  try {
    return readdirSync(folder).toSorted();
  } catch {
    return [];
  }
}
