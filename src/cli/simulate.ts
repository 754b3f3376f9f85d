import { existsSync } from "node:fs";
import { type Command, InvalidArgumentError, Option } from "commander";
import { DeviceLimitError, InvalidModelError, UnsupportedModelError } from "../errors.ts";
import { ADMISSIONS, BUDGETS, EVICTIONS, PREEMPTIONS, QUEUES } from "../policies/names.ts";
import { CHUNKINGS } from "../prefill/names.ts";
import { type Arithmetic, ARITHMETICS } from "../roofline/index.ts";
import { ENGINES, MAX_REPLICAS, MAX_USERS, ROUTES, TraceError, WORKLOADS } from "../sim/index.ts";
import { GPU_NAMES, MODEL_NAMES } from "./catalogue.ts";
import { EXIT_FAILED, UsageError } from "./failure.ts";
import type { Io } from "./io.ts";
import { decimal, integer, list } from "./option-values.ts";
import { refuseWithoutEffect } from "./without-effect.ts";
import { resultPage } from "./simulate/page.ts";
import { prepareReport, writeReport } from "./simulate/report-files.ts";
import { type FailedRun, readLines, type SweepLine } from "./simulate/results-file.ts";
import { type RunRecord, runSettings } from "./simulate/run-settings.ts";
import { parseStages } from "./simulate/stages.ts";
import { type Grid, type Settings, settingsOf } from "./simulate/settings.ts";
import { parseShard, type Shard, sweep, type SweepOptions } from "./simulate/sweep.ts";

interface SimulateFlags extends Grid {
  readonly json?: boolean;
  readonly sweep?: boolean;
  readonly out?: string;
  readonly shard?: Shard;
  readonly jobs?: number;
  readonly report?: string;
  readonly from?: readonly string[];
}

/**
 * Bounds of the other options: what is beyond is a slip of the hand, and some of it would fill the memory before
 * anything is said.
 */
const MAX_RATE = 1e6;
const MAX_REQUESTS = 2 ** 40;
const MAX_TOKENS = 2 ** 24;
const MAX_LENGTH_CV = 100;
const MAX_BLOCKS = 2 ** 27;
const MAX_SECONDS = 1e6;
const MAX_DOLLARS = 1e6;
const MAX_JOBS = 1024;

/** Columns are made for the largest step: 2^20 requests are some 200 MB of them, 2^24 tokens as much. */
const MAX_STEP_REQUESTS = 2 ** 20;
const MAX_STEP_TOKENS = 2 ** 24;

/** A sweep that is not shared out. */
const WHOLE: Shard = { part: 1, parts: 1 };

/** Refusals of a sweep that are shown; all are in its lines. */
const SHOWN_FAILURES = 5;

const EXAMPLES = `
Examples:
  bstar simulate --trace azure2023_conv.csv --model llama-2-7b --gpu a100-80gb
  bstar simulate --workload sessions --rate 4 --requests 5000 --model llama-3-8b --gpu h100 --queue lpm --json
  bstar simulate --sweep --trace azure2023_conv.csv --rate 1,2,4,8 --model llama-2-7b --gpu a10,a100-80gb \\
    --out sweep.jsonl --report report`;

const rate = decimal(`above 0 and at most ${MAX_RATE}`, (value) => value > 0 && value <= MAX_RATE);
const seconds = decimal(`above 0 and at most ${MAX_SECONDS}`, (value) => value > 0 && value <= MAX_SECONDS);
const bits = decimal("in (0, 32]", (value) => value > 0 && value <= 32);

/** Adds `bstar simulate`: a workload on hardware that need not be there, with the production scheduler. */
export function registerSimulate(program: Command, io: Io): void {
  const command = program
    .command("simulate")
    .description("run a workload on simulated hardware with the real scheduler: latency, throughput, cost")
    .addHelpText("after", EXAMPLES)
    .action((flags: SimulateFlags, invoked: Command) => simulateCommand(flags, invoked, io));
  addSourceOptions(command);
  addHardwareOptions(command);
  addWorkloadOptions(command);
  addEngineOptions(command);
  addOutputOptions(command);
}

/** What is asked, and of which model. */
function addSourceOptions(command: Command): void {
  command
    .option(
      "--trace <file>",
      "requests of a trace: Azure, Mooncake, Qwen-Bailian, BurstGPT, Vidur, ShareGPT, ServeGen, " +
        "a recording of bstar serve, results of vLLM's bench serve; .gz too",
    )
    .option("--workload <name>", `made-up requests instead: ${[...WORKLOADS.keys()].join(", ")}`)
    .option("--model <name>", MODEL_NAMES, list(text))
    .option("--gpu <name>", GPU_NAMES, list(text));
}

/** Where the model runs, and how its numbers are stored. */
function addHardwareOptions(command: Command): void {
  command
    .addOption(oneOrMore("--gpus <n>", "GPUs that share the model (tensor parallelism)", integer(1, 16), 1))
    .addOption(
      oneOrMore(
        "--replicas <n>",
        "copies of the model behind a router, each on all of --gpus",
        integer(1, MAX_REPLICAS),
        1,
      ),
    )
    .addOption(
      oneOrMore(
        "--route <policy>",
        `which replica a request goes to: ${[...ROUTES.keys()].join(", ")}`,
        text,
        "round-robin",
      ),
    )
    .addOption(
      oneOrMore(
        "--engine <name>",
        `defaults and figures of an engine: ${[...ENGINES.keys()].join(", ")}`,
        text,
        "bstar",
      ),
    )
    .addOption(oneOrMore("--weight-bits <n>", "bits a stored weight (default: as the model's file says, or 16)", bits))
    .addOption(oneOrMore("--kv-bits <n>", "bits a stored key or value", bits, 16))
    .addOption(
      oneOrMore(
        "--arithmetic <kind>",
        `precision of the multiplication: ${ARITHMETICS.join(", ")} (default: as the model's file says, or fp16)`,
        arithmetic,
      ),
    );
}

/** Arrivals and lengths. */
function addWorkloadOptions(command: Command): void {
  command
    .option(
      "--rate <r>",
      "Poisson arrivals, so many requests a second, in place of the trace's; of a workload: its mean rate",
      list(rate),
    )
    .option(
      "--requests <n>",
      "take so many requests at most (default: the whole trace, 1000 of a workload)",
      integer(1, MAX_REQUESTS),
    )
    .option("--prompt-tokens <n>", "mean prompt of a workload", integer(1, MAX_TOKENS))
    .option("--output-tokens <n>", "mean answer of a workload", integer(1, MAX_TOKENS))
    .option(
      "--length-cv <x>",
      "spread of a workload's lengths: standard deviation over mean",
      decimal(`from 0 to ${MAX_LENGTH_CV}`, (value) => value >= 0 && value <= MAX_LENGTH_CV),
    )
    .addOption(
      new Option("--length-law <law>", "law of a workload's lengths (default: lognormal)").choices([
        "lognormal",
        "uniform",
      ]),
    )
    .option(
      "--stages <list>",
      "of the workload poisson, in the place of --rate: RATExSECONDS, comma-separated, such as 2x60,8x60",
      checkedStages,
    )
    .option("--concurrency <n>", "users of the workload closed-loop", list(integer(1, MAX_USERS)))
    .option("--context <n>", "most tokens of a request (default: the model's)", integer(2, MAX_TOKENS))
    .addOption(
      new Option("--over-context <rule>", "what becomes of requests beyond that")
        .choices(["clip", "drop"])
        .default("clip"),
    )
    .addOption(
      new Option("--bad-rows <rule>", "what becomes of a trace's rows that cannot be used")
        .choices(["refuse", "skip"])
        .default("refuse"),
    );
}

/** The KV cache, the limits of a step and the policies. */
function addEngineOptions(command: Command): void {
  command
    .addOption(
      new Option("--prefix-cache <state>", "whether requests share the blocks of equal beginnings")
        .choices(["on", "off"])
        .default("on"),
    )
    .option(
      "--gpu-blocks <n>",
      "blocks of the KV cache (default: as many as fit beside the weights)",
      integer(1, MAX_BLOCKS),
    )
    .option("--block-size <n>", "tokens a block (default: the engine's, as of the seven below)", integer(1, 1024))
    .addOption(oneOrMore("--max-requests <n>", "most requests in a step", integer(1, MAX_STEP_REQUESTS)))
    .addOption(oneOrMore("--token-budget <n>", "most tokens in a step", integer(1, MAX_STEP_TOKENS)))
    .addOption(oneOrMore("--queue <policy>", `which request comes next: ${namesOf(QUEUES)}`, text))
    .addOption(oneOrMore("--admission <policy>", `which request may start: ${namesOf(ADMISSIONS)}`, text))
    .addOption(oneOrMore("--preemption <policy>", `which request gives up its blocks: ${namesOf(PREEMPTIONS)}`, text))
    .addOption(oneOrMore("--chunking <policy>", `how prompts are cut: ${namesOf(CHUNKINGS)}`, text))
    .addOption(oneOrMore("--budget <policy>", `how many tokens a step takes: ${namesOf(BUDGETS)}`, text))
    .addOption(oneOrMore("--eviction <policy>", `which cached block goes first: ${namesOf(EVICTIONS)}`, text));
}

/** What the run is measured by, and where its results go. */
function addOutputOptions(command: Command): void {
  command
    .option("--slo-ttft <seconds>", "promise for the first token: adds goodput", seconds)
    .option("--slo-tpot <seconds>", "promise for the tokens after it", seconds)
    .option(
      "--dollars-per-hour <x>",
      "price of one GPU (default: the catalogue's)",
      decimal(`from 0 to ${MAX_DOLLARS}`, (value) => value >= 0 && value <= MAX_DOLLARS),
    )
    .addOption(oneOrMore("--seed <n>", "of made-up arrivals and lengths", integer(0), 0))
    .option("--json", "print one JSON object")
    .option(
      "--sweep",
      "all combinations of several values, comma-separated: rates, policies, hardware, models; one JSON line a run",
    )
    .option("--out <file>", "of a sweep: append the lines here, and do not repeat runs that it holds")
    .option(
      "--shard <k/n>",
      "of a sweep: the k-th of n parts, for a job array; files of parts are merged by concatenation",
      parseShard,
    )
    .option("--jobs <n>", "of a sweep: worker threads (default: one a core)", integer(1, MAX_JOBS))
    .option("--report <folder>", "write report.html and its charts as SVG")
    .option("--from <files...>", "of a report: files of sweeps, in place of a run");
}

async function simulateCommand(flags: SimulateFlags, command: Command, io: Io): Promise<void> {
  const { json, sweep: isSweep = false, out, shard, jobs, report, from, ...grid } = flags;
  checkCompany(flags);
  checkEffect(flags, command);
  const outcomes = await asUsage(async () => {
    const earlier = from && sortedOut(linesOf(from, command));
    const runs = earlier === undefined ? checkedRuns(grid, isSweep) : [];
    // Runs may take hours: what keeps the report from being written is said before.
    if (report !== undefined) await prepareReport(report);
    if (earlier !== undefined) return earlier;
    return isSweep ? runSweep({ runs, shard: shard ?? WHOLE, out, jobs }, io) : runOne(runs[0], json === true, io);
  });
  if (report !== undefined) await writePage(report, outcomes, io);
}

/** Options that mean nothing by themselves are told, not passed over. */
function checkCompany({ sweep: isSweep = false, report, from, json = false, ...others }: SimulateFlags): void {
  for (const name of ["out", "shard", "jobs"] as const) {
    if (others[name] !== undefined && !isSweep) throw new UsageError(`--${name} is of a sweep: give --sweep, too`);
  }
  if (from !== undefined && report === undefined) throw new UsageError("--from is of a report: give --report, too");
  if (from !== undefined && (isSweep || json)) {
    throw new UsageError("--from takes the place of a run: give it without --sweep and --json");
  }
}

/** Options that change nothing in this company. */
function checkEffect(
  { sweep: isSweep = false, trace, workload, replicas, stages, prefixCache }: SimulateFlags,
  command: Command,
): void {
  const refuse = (names: readonly string[], why: string): void => refuseWithoutEffect(command, names, why);
  if (replicas?.every((count) => count === 1)) refuse(["route"], "is of several replicas: give --replicas, too");
  if (isSweep) refuse(["json"], "has no effect in a sweep: its lines are JSON");
  if (trace === undefined) refuse(["badRows"], "is of a trace: give --trace, too");
  else {
    refuse(
      ["promptTokens", "outputTokens", "lengthCv", "lengthLaw"],
      "is of a workload; a trace has lengths of its own",
    );
  }
  if (prefixCache === "off") refuse(["eviction"], "has no effect with --prefix-cache off: nothing is kept");
  if (workload !== "poisson") refuse(["stages"], "is of the workload poisson");
  else if (stages !== undefined) refuse(["rate"], "has no effect beside --stages");
  if (workload === "closed-loop") {
    refuse(["rate"], "has no effect in a closed loop, whose users ask when they have their answer");
  } else refuse(["concurrency"], "is of the workload closed-loop");
}

/** The lines of sweeps that were run before. */
function linesOf(files: readonly string[], command: Command): SweepLine[] {
  const lines = files.flatMap(readSweep);
  const ofRuns = command.options
    .map((option) => option.attributeName())
    .filter((name) => name !== "from" && name !== "report");
  refuseWithoutEffect(command, ofRuns, "is of a run, and --from takes the place of runs");
  return lines;
}

/** The grid's runs, more than one only of a sweep. */
function checkedRuns(grid: Grid, isSweep: boolean): Settings[] {
  if ((grid.trace === undefined) === (grid.workload === undefined)) {
    throw new UsageError("give either --trace or --workload");
  }
  const runs = settingsOf(grid);
  if (!isSweep && runs.length > 1) throw new UsageError("several values of an option need --sweep");
  return runs;
}

async function runOne(settings: Settings, json: boolean, io: Io): Promise<Outcomes> {
  const record = await runSettings(settings);
  await io.stdout.write(json ? `${JSON.stringify(record.result)}\n` : resultPage(record.result));
  return { records: [record], failed: [] };
}

/** What the file holds from earlier belongs to the sweep. */
async function runSweep(options: SweepOptions, io: Io): Promise<Outcomes> {
  const lines = await sweep(options, io);
  const failed = lines.filter((line) => "error" in line);
  for (const { error } of failed.slice(0, SHOWN_FAILURES)) await io.stderr.write(`bstar: ${error.message}\n`);
  if (failed.length > 0) {
    await io.stderr.write(`bstar: ${failed.length} of ${lines.length} runs could not be simulated\n`);
    io.exitCode = EXIT_FAILED;
  }
  return sortedOut(options.out === undefined ? lines : readLines(options.out));
}

/** The lines of a sweep that has to be there. */
function readSweep(path: string): SweepLine[] {
  if (!existsSync(path)) throw new UsageError(`cannot read ${path}: no such file`);
  return readLines(path);
}

/** Results of runs, and the runs without a result. */
interface Outcomes {
  readonly records: readonly RunRecord[];
  readonly failed: readonly FailedRun[];
}

function sortedOut(lines: readonly SweepLine[]): Outcomes {
  return {
    records: lines.flatMap((line) => ("error" in line ? [] : [line])),
    failed: lines.flatMap((line) => ("error" in line ? [line] : [])),
  };
}

async function writePage(folder: string, { records, failed }: Outcomes, io: Io): Promise<void> {
  if (records.length === 0) throw new UsageError("there is no run to report");
  await io.stderr.write(`bstar: wrote ${await writeReport(folder, records, failed)}\n`);
}

/** Wrong questions: nothing was run that the answer could be taken from. */
const BAD_QUESTIONS = [TraceError, DeviceLimitError, InvalidModelError, UnsupportedModelError];

async function asUsage<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    throw BAD_QUESTIONS.some((kind) => error instanceof kind) ? new UsageError((error as Error).message) : error;
  }
}

/** An option that takes several values in a sweep. */
function oneOrMore<T>(flags: string, description: string, parse: (text: string) => T, fallback?: T): Option {
  const option = new Option(flags, description).argParser(list(parse));
  return fallback === undefined ? option : option.default([fallback], String(fallback));
}

function checkedStages(value: string): string {
  parseStages(value);
  return value;
}

function arithmetic(value: string): Arithmetic {
  const known = ARITHMETICS.find((kind) => kind === value);
  if (known === undefined) throw new InvalidArgumentError(`It must be one of ${ARITHMETICS.join(", ")}.`);
  return known;
}

function namesOf(policies: Readonly<Record<string, unknown>>): string {
  return Object.keys(policies).join(", ");
}

function text(value: string): string {
  return value;
}
