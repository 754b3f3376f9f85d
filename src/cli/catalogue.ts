import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import {
  CPU,
  type Gpu,
  gpuFromJson,
  gpuNamed,
  GPUS,
  modelNamed,
  MODELS,
  type ModelShape,
  shapeFromConfig,
  type WeightFormat,
  weightFormatFromConfig,
} from "../roofline/index.ts";
import { UsageError } from "./failure.ts";

/** What `--model` and `--gpu` take, for help and complaints. */
export const MODEL_NAMES = `${[...MODELS.keys()].join(", ")}, or a Hugging Face config.json`;
export const GPU_NAMES = `${[...GPUS.keys(), CPU.name].join(", ")}, or a JSON file`;

/**
 * The shape of a model of the catalogue, or of a `config.json` or its folder. Throws `UsageError` or
 * `InvalidOptionError`.
 */
export function readShape(model: string | undefined): ModelShape {
  if (model === undefined) throw new UsageError(`--model is missing; known: ${MODEL_NAMES}`);
  if (isName(model)) return modelNamed(model);
  const file = configOf(model);
  return shapeFromConfig(readJson(file), file);
}

/** How a model's file says that its weights are stored; null for a name, and for a file that says nothing. */
export function readWeightFormat(model: string | undefined): WeightFormat | null {
  if (model === undefined || isName(model)) return null;
  const file = configOf(model);
  return weightFormatFromConfig(readJson(file), file);
}

function isName(model: string): boolean {
  return MODELS.has(model.toLowerCase()) || !isPath(model);
}

function configOf(model: string): string {
  return statSync(model, { throwIfNoEntry: false })?.isDirectory() ? join(model, "config.json") : model;
}

/** A GPU of the catalogue, or of a JSON file. Throws `UsageError` or `InvalidOptionError`. */
export function readGpu(gpu: string | undefined): Gpu {
  if (gpu === undefined) throw new UsageError(`--gpu is missing; known: ${GPU_NAMES}`);
  return GPUS.has(gpu.toLowerCase()) || !isPath(gpu) ? gpuNamed(gpu) : gpuFromJson(readJson(gpu), gpu);
}

/** A name has neither a slash nor the ending of a JSON file. */
function isPath(value: string): boolean {
  return /[\\/]|\.json$/i.test(value);
}

/** A JSON file. Throws `UsageError`. */
export function readJson(file: string): unknown {
  return readable(file, () => JSON.parse(readFileSync(file, "utf8")) as unknown);
}

/** The values of a file of JSON lines, or its one value. Throws `UsageError`. */
export function readJsonValues(file: string): unknown[] {
  const lines = readable(file, () => readFileSync(file, "utf8").split("\n"));
  try {
    return lines.filter((line) => line.trim() !== "").map((line) => JSON.parse(line) as unknown);
  } catch {
    return [readJson(file)];
  }
}

function readable<T>(file: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new UsageError(`cannot read ${file} as JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}
