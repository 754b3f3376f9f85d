import { type Command, Option } from "commander";
import { BstarError, InvalidOptionError } from "../errors.ts";
import { refusals } from "../roofline/cheapest.ts";
import { SECONDS_PER_DAY } from "../roofline/cost.ts";
import { formatBytes, formatSeconds, significant } from "../roofline/format.ts";
import {
  type Arithmetic,
  ARITHMETICS,
  dollarsPerDay,
  type Gpu,
  GPUS,
  type ModelShape,
  rankGpus,
  readingTokensPerSecond,
  roofline,
  type RooflineSummary,
} from "../roofline/index.ts";
import { type BenchMeans, benchResultFromJson, fitToBench } from "../sim/index.ts";
import { align } from "./align.ts";
import { GPU_NAMES, MODEL_NAMES, readGpu, readJsonValues, readShape, readWeightFormat } from "./catalogue.ts";
import { UsageError } from "./failure.ts";
import type { Io } from "./io.ts";
import { refuseWithoutEffect } from "./without-effect.ts";
import { decimal, integer } from "./option-values.ts";

/** The options of `bstar roofline`, checked one by one. */
interface RooflineFlags {
  readonly model?: string;
  readonly gpu?: string;
  readonly gpus: number;
  readonly weightBits?: number;
  readonly kvBits: number;
  readonly arithmetic?: Arithmetic;
  readonly context: number;
  readonly dollarsPerHour?: number;
  readonly requestsPerDay?: number;
  readonly promptTokens: number;
  readonly outputTokens: number;
  readonly maxSecondsPerToken?: number;
  readonly fit?: string;
  readonly json?: boolean;
}

/** Lines of the ranking that the text shows; `--json` has all. */
const SHOWN_PLANS = 10;

const EXAMPLES = `
Examples:
  bstar roofline --model llama-7b --gpu a10
  bstar roofline --model llama-3-70b --gpu h100 --gpus 4 --weight-bits 8 --arithmetic fp8 --json
  bstar roofline --model mistral-7b --requests-per-day 1e6 --prompt-tokens 300 --output-tokens 100`;

/** Adds `bstar roofline`: memory, B*, step times and cost of a model on a GPU, or the cheapest GPUs for a load. */
export function registerRoofline(program: Command, io: Io): void {
  const bits = decimal("in (0, 32]", (value) => value > 0 && value <= 32);
  const positive = decimal("above 0", (value) => value > 0);
  program
    .command("roofline")
    .description("reckon what a model needs and gives on a GPU: memory, B*, step times, cost")
    .option("--model <name>", MODEL_NAMES)
    .option("--gpu <name>", GPU_NAMES)
    .option("--gpus <n>", "GPUs that share the model (tensor parallelism)", integer(1, 16), 1)
    .option("--weight-bits <n>", "bits a stored weight (default: as the model's file says, or 16)", bits)
    .option("--kv-bits <n>", "bits a stored key or value", bits, 16)
    .addOption(
      new Option(
        "--arithmetic <kind>",
        "precision of the multiplication (default: as the model's file says, or fp16)",
      ).choices(ARITHMETICS),
    )
    .option("--context <n>", "tokens a sequence", integer(1), 4096)
    .option(
      "--dollars-per-hour <x>",
      "price of one GPU (default: the catalogue's)",
      decimal(">= 0", (value) => value >= 0),
    )
    .option("--requests-per-day <x>", "rank the catalogue by the cost of this load instead", positive)
    .option("--prompt-tokens <n>", "prompt of a request of that load", integer(1), 512)
    .option("--output-tokens <n>", "output of a request of that load", integer(1), 128)
    .option(
      "--max-seconds-per-token <x>",
      "longest time between two tokens under that load (default: reading speed)",
      positive,
    )
    .option(
      "--fit <file>",
      "fit the GPU to results of `bstar bench serve --json` or `vllm bench serve --save-result`, one or a line each: " +
        "prints a GPU's JSON for --gpu",
    )
    .option("--json", "print one JSON object")
    .addHelpText("after", EXAMPLES)
    .action(async (flags: RooflineFlags, command: Command) => {
      checkEffect(flags, command);
      if (flags.fit !== undefined) return fitGpu({ ...readWeightFormat(flags.model), ...flags }, flags.fit, io);
      return io.stdout.write(answer({ ...readWeightFormat(flags.model), ...flags }));
    });
}

/** Prints the fitted GPU; what it was fitted to goes to standard error, for people. */
async function fitGpu(flags: RooflineFlags, file: string, io: Io): Promise<void> {
  try {
    const { gpus, weightBits, kvBits, arithmetic } = flags;
    const setup = { gpu: readGpu(flags.gpu), shape: readShape(flags.model), gpus, weightBits, kvBits, arithmetic };
    const benches = readJsonValues(file).map((value) => benchResultFromJson(value, file));
    const { gpu, pace, runs } = await fitToBench(setup, benches);
    const pair = (name: string, of: BenchMeans): string =>
      `${name} ${formatSeconds(of.tpotSeconds)} a token, ${formatSeconds(of.ttftSeconds)} to the first`;
    await io.stderr.write(`bstar: ${significant(pace)} times the pace of ${setup.gpu.name} before\n`);
    for (const { measured, simulated } of runs) {
      await io.stderr.write(`bstar: ${pair("measured", measured)}; ${pair("simulated", simulated)}\n`);
    }
    await io.stdout.write(`${JSON.stringify(gpu, null, 2)}\n`);
  } catch (error) {
    throw error instanceof BstarError ? new UsageError(error.message) : error;
  }
}

/** Options that change nothing in this company. */
function checkEffect({ requestsPerDay, fit }: RooflineFlags, command: Command): void {
  if (fit !== undefined) {
    refuseWithoutEffect(
      command,
      [...LOAD_OPTIONS, "requestsPerDay", "context", "dollarsPerHour", "json"],
      "has no effect on a fit",
    );
    return;
  }
  if (requestsPerDay === undefined) {
    refuseWithoutEffect(command, LOAD_OPTIONS, "is of a load: give --requests-per-day, too");
  } else refuseWithoutEffect(command, PAGE_OPTIONS, "has no effect on the ranking, which tries all");
}

const LOAD_OPTIONS = ["promptTokens", "outputTokens", "maxSecondsPerToken"];
const PAGE_OPTIONS = ["gpus", "context", "dollarsPerHour"];

/** The text to print. What cannot be answered is a wrong question here: nothing was run. */
function answer(flags: RooflineFlags): string {
  try {
    return flags.requestsPerDay === undefined ? describe(flags) : rank(flags, flags.requestsPerDay);
  } catch (error) {
    throw error instanceof BstarError ? new UsageError(error.message) : error;
  }
}

function describe(flags: RooflineFlags): string {
  const shape = readShape(flags.model);
  const gpu = readGpu(flags.gpu);
  const summary = roofline({ ...flags, shape, gpu });
  return flags.json ? `${JSON.stringify(summary)}\n` : page(summary, gpu, shape);
}

function page(s: RooflineSummary, gpu: Gpu, shape: ModelShape): string {
  const each = s.decodeTokensPerSecond / s.decodeBatch;
  const group = s.gpus === 1 ? s.gpu : `${s.gpus} x ${s.gpu}`;
  const beyond = s.context > shape.contextLength ? ` (made for ${significant(shape.contextLength)})` : "";
  const lines: (readonly [string, string] | null)[] = [
    ["B*", `${Math.round(s.bStar)} tokens a step`],
    null,
    ["weights", `${formatBytes(s.weightBytes)} of ${formatBytes(s.gpus * gpu.memoryBytes)}, ${s.weightBits} bits each`],
    ["KV a token", `${formatBytes(s.kvBytesPerToken)}, ${s.kvBits} bits a number`],
    ["KV a sequence", `${formatBytes(s.kvBytesPerSequence)} for ${significant(s.context)} tokens${beyond}`],
    ["sequences that fit", significant(s.maxSequences)],
    null,
    ["step of 1 token", formatSeconds(s.stepSecondsAtOne)],
    ["step of B* tokens", formatSeconds(s.stepSecondsAtBStar)],
    ["decode", `${s.decodeBatch} full sequences, ${formatSeconds(s.decodeStepSeconds)} a step`],
    [
      "",
      `${significant(s.decodeTokensPerSecond)} tokens/s, ${significant(each)} each (reading takes ` +
        `${significant(readingTokensPerSecond())})`,
    ],
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

function rank(flags: RooflineFlags, requestsPerDay: number): string {
  const shape = readShape(flags.model);
  const catalogue = flags.gpu === undefined ? GPUS.values() : [readGpu(flags.gpu)];
  const { plans, refused } = rankGpus(
    { ...flags, shape, requestsPerSecond: requestsPerDay / SECONDS_PER_DAY },
    catalogue,
  );
  if (flags.json) {
    const rows = plans.map(({ gpu, full, ...plan }) => ({ gpu: gpu.name, ...plan, ...full }));
    const without = refused.map(({ gpu, ...rest }) => ({ gpu: gpu.name, ...rest }));
    return `${JSON.stringify({ model: shape.name, plans: rows, refused: without })}\n`;
  }
  if (plans.length === 0) throw new InvalidOptionError(`no GPU serves this load; ${refusals(refused)}`);
  const header = ["GPU", "replicas", "$ a day", "batch", "time between tokens", "requests/s each"];
  const cells = plans
    .slice(0, SHOWN_PLANS)
    .map(({ gpu, gpus, replicas, full, ...plan }) => [
      `${gpus} x ${gpu.name}`,
      significant(replicas),
      dollars(plan.dollarsPerDay),
      String(full.batch),
      formatSeconds(full.stepSeconds),
      significant(full.requestsPerSecond),
    ]);
  const tokens = `${flags.promptTokens} + ${flags.outputTokens} tokens each`;
  const load = `${significant(requestsPerDay)} requests a day, ${tokens}`;
  return `\n${shape.name}, ${load}: cheapest first\n\n${align([header, ...cells])}\n\n`;
}

function dollars(value: number): string {
  return `$${value >= 0.1 && value < 1000 ? value.toFixed(2) : significant(value)}`;
}
