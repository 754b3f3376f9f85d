import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import { BstarError, InvalidModelError, InvalidOptionError } from "../errors.ts";
import {
  type Arithmetic,
  dollarsPerDay,
  type Gpu,
  gpuFromJson,
  gpuNamed,
  GPUS,
  modelNamed,
  MODELS,
  type ModelShape,
  rankGpus,
  readingTokensPerSecond,
  roofline,
  type RooflineSummary,
  shapeFromConfig,
} from "../roofline/index.ts";
import { formatBytes, formatSeconds, significant } from "../roofline/format.ts";
import { refusals } from "../roofline/cheapest.ts";
import { SECONDS_PER_DAY } from "../roofline/cost.ts";

/** As commander hands them over: text or flags. */
interface RooflineFlags {
  readonly model?: string;
  readonly gpu?: string;
  readonly gpus: string;
  readonly weightBits: string;
  readonly kvBits: string;
  readonly arithmetic: string;
  readonly context: string;
  readonly dollarsPerHour?: string;
  readonly requestsPerDay?: string;
  readonly promptTokens: string;
  readonly outputTokens: string;
  readonly maxSecondsPerToken?: string;
  readonly json?: boolean;
}

const BAD_USAGE = 2;

/** Lines of the ranking that the text shows; `--json` has all. */
const SHOWN_PLANS = 10;

/** Adds `bstar roofline`: memory, B*, step times and cost of a model on a GPU, or the cheapest GPUs for a load. */
export function registerRoofline(program: Command): void {
  const command = program
    .command("roofline")
    .description("what a model needs on a GPU: memory, B*, step times, cost; with --requests-per-day the cheapest GPUs for a load")
    .option("--model <name>", `${[...MODELS.keys()].join(", ")}, or a Hugging Face config.json`)
    .option("--gpu <name>", `${[...GPUS.keys()].join(", ")}, or a JSON file`)
    .option("--gpus <n>", "GPUs that share the model (tensor parallelism)", "1")
    .option("--weight-bits <n>", "bits a stored weight", "16")
    .option("--kv-bits <n>", "bits a stored key or value", "16")
    .option("--arithmetic <kind>", "precision of the multiplication: fp16, int8 or fp8", "fp16")
    .option("--context <n>", "tokens a sequence", "4096")
    .option("--dollars-per-hour <x>", "price of one GPU, instead of the catalogue's")
    .option("--requests-per-day <x>", "rank the catalogue by the cost of this load instead")
    .option("--prompt-tokens <n>", "prompt of one request of that load", "512")
    .option("--output-tokens <n>", "output of one request of that load", "128")
    .option("--max-seconds-per-token <x>", "longest time between two tokens under that load (default: reading speed)")
    .option("--json", "print one JSON object");
  command.action((flags: RooflineFlags) => {
    try {
      process.stdout.write(flags.requestsPerDay === undefined ? describe(flags) : rank(flags, flags.requestsPerDay));
    } catch (error) {
      if (!(error instanceof BstarError)) throw error;
      command.error(`bstar roofline: ${error.message}`, { exitCode: BAD_USAGE, code: error.code });
    }
  });
}

function describe(flags: RooflineFlags): string {
  const shape = readShape(flags.model);
  const gpu = readGpu(flags.gpu);
  const summary = roofline({
    ...readSetup(flags),
    shape,
    gpu,
    gpus: number("--gpus", flags.gpus),
    context: number("--context", flags.context),
    dollarsPerHour: optionalNumber("--dollars-per-hour", flags.dollarsPerHour),
  });
  return flags.json ? `${JSON.stringify(summary)}\n` : table(summary, gpu, shape);
}

function readSetup(flags: RooflineFlags) {
  return {
    weightBits: number("--weight-bits", flags.weightBits),
    kvBits: number("--kv-bits", flags.kvBits),
    arithmetic: readArithmetic(flags.arithmetic),
  };
}

function table(s: RooflineSummary, gpu: Gpu, shape: ModelShape): string {
  const each = s.decodeTokensPerSecond / s.decodeBatch;
  const group = s.gpus === 1 ? s.gpu : `${s.gpus} x ${s.gpu}`;
  const beyond = s.context > shape.contextLength ? ` (made for ${significant(shape.contextLength)})` : "";
  const lines: (readonly [string, string] | null)[] = [
    ["B*", `${Math.round(s.bStar)} tokens a step`],
    null,
    ["weights", `${formatBytes(s.weightBytes)} of ${formatBytes(s.gpus * gpu.memoryBytes)}, ${s.weightBits} bits each`],
    ["KV a token", `${formatBytes(s.kvBytesPerToken)}, ${s.kvBits} bits a number`],
    ["KV a sequence", `${formatBytes(s.kvBytesPerSequence)} for ${significant(s.context)} tokens${beyond}`],
    ["sequences that fit", String(s.maxSequences)],
    null,
    ["step of 1 token", formatSeconds(s.stepSecondsAtOne)],
    ["step of B* tokens", formatSeconds(s.stepSecondsAtBStar)],
    ["decode", `${s.decodeBatch} full sequences, ${formatSeconds(s.decodeStepSeconds)} a step`],
    ["", `${significant(s.decodeTokensPerSecond)} tokens/s, ${significant(each)} each (reading takes ${significant(readingTokensPerSecond())})`],
    null,
    ["price", `${dollars(s.dollarsPerHour)} an hour, ${dollars(dollarsPerDay(s.dollarsPerHour))} a day`],
    ["", `${dollars(s.dollarsPerMillionTokens)} a million decoded tokens`],
    null,
    ["hardware figures", gpu.source],
    ["price from", gpu.priceSource],
    ["fitted on", gpu.efficiency.fittedOn],
  ];
  const width = Math.max(...lines.map((line) => line?.[0].length ?? 0));
  const body = lines.map((line) => (line === null ? "" : `  ${line[0].padEnd(width)}  ${line[1]}`));
  return `\n${s.model} on ${group}\n\n${body.join("\n")}\n\n`;
}

function rank(flags: RooflineFlags, requestsPerDay: string): string {
  const shape = readShape(flags.model);
  const { plans, refused } = rankGpus(
    {
      ...readSetup(flags),
      shape,
      requestsPerSecond: number("--requests-per-day", requestsPerDay) / SECONDS_PER_DAY,
      promptTokens: number("--prompt-tokens", flags.promptTokens),
      outputTokens: number("--output-tokens", flags.outputTokens),
      maxSecondsPerToken: optionalNumber("--max-seconds-per-token", flags.maxSecondsPerToken),
    },
    flags.gpu === undefined ? GPUS.values() : [readGpu(flags.gpu)],
  );
  const rows = plans.map(({ gpu, gpus, replicas, full, ...rest }) => ({ gpu: gpu.name, gpus, replicas, dollarsPerDay: rest.dollarsPerDay, ...full }));
  const reasons = refused.map(({ gpu, gpus, reason }) => ({ gpu: gpu.name, gpus, reason }));
  if (flags.json) return `${JSON.stringify({ model: shape.name, plans: rows, refused: reasons })}\n`;
  if (rows.length === 0) throw new InvalidOptionError(`no GPU serves this load; ${refusals(refused)}`);
  const header = ["GPU", "replicas", "$ a day", "batch", "time between tokens", "requests/s each"];
  const cells = rows
    .slice(0, SHOWN_PLANS)
    .map((row) => [`${row.gpus} x ${row.gpu}`, String(row.replicas), dollars(row.dollarsPerDay), String(row.batch), formatSeconds(row.stepSeconds), significant(row.requestsPerSecond)]);
  const load = `${significant(Number(requestsPerDay))} requests a day, ${flags.promptTokens} + ${flags.outputTokens} tokens each`;
  return `\n${shape.name}, ${load}: cheapest first\n\n${align([header, ...cells])}\n\n`;
}

/** The first column to the left, the others to the right. */
function align(rows: readonly (readonly string[])[]): string {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows.map((row) => `  ${row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column]))).join("   ")}`).join("\n");
}

function readShape(model: string | undefined): ModelShape {
  if (model === undefined) throw new InvalidOptionError(`--model is missing; known are ${[...MODELS.keys()].join(", ")}, or a Hugging Face config.json`);
  if (MODELS.has(model.toLowerCase()) || !isPath(model)) return modelNamed(model);
  const file = statSync(model, { throwIfNoEntry: false })?.isDirectory() ? join(model, "config.json") : model;
  return shapeFromConfig(readJson(file, InvalidModelError), file);
}

function readGpu(gpu: string | undefined): Gpu {
  if (gpu === undefined) throw new InvalidOptionError(`--gpu is missing; known are ${[...GPUS.keys()].join(", ")}, or a JSON file`);
  return GPUS.has(gpu.toLowerCase()) || !isPath(gpu) ? gpuNamed(gpu) : gpuFromJson(readJson(gpu, InvalidOptionError), gpu);
}

/** A name has neither a slash nor the ending of a JSON file. */
function isPath(value: string): boolean {
  return /[\\/]|\.json$/i.test(value);
}

function readJson(file: string, error: typeof InvalidModelError | typeof InvalidOptionError): unknown {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch (cause) {
    throw new error(`cannot read ${file} as JSON: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
}

function readArithmetic(value: string): Arithmetic {
  if (value === "fp16" || value === "int8" || value === "fp8") return value;
  throw new InvalidOptionError(`--arithmetic must be fp16, int8 or fp8, got "${value}"`);
}

function number(flag: string, text: string): number {
  const value = text.trim() === "" ? Number.NaN : Number(text);
  if (!Number.isFinite(value)) throw new InvalidOptionError(`${flag} must be a number, got "${text}"`);
  return value;
}

function optionalNumber(flag: string, text: string | undefined): number | undefined {
  return text === undefined ? undefined : number(flag, text);
}

function dollars(value: number): string {
  return `$${value >= 0.1 && value < 1000 ? value.toFixed(2) : significant(value)}`;
}
