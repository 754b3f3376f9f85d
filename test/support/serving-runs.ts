/**
 * The runs of real servers in ../shared/groundtruth/serving_runs.csv as simulations. Read by the tests and by
 * scripts/fit-serving.ts; absent outside the project's own checkout.
 */
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import {
  type Arithmetic,
  type Gpu,
  gpuNamed,
  type ModelShape,
  MODELS,
  type Setup,
  shapeFromConfig,
} from "../../src/roofline/index.ts";
import {
  type Arrival,
  blocksThatFit,
  ClosedLoop,
  engineNamed,
  RandomStream,
  setupUnder,
  simulate,
  type SimulationRun,
  type StepObserver,
  type Workload,
} from "../../src/sim/index.ts";
import { GeneratedWorkload } from "../../src/sim/workloads/generated.ts";

const folder = fileURLToPath(new URL("../../../shared/groundtruth/", import.meta.url));
export const noServingRuns = !existsSync(`${folder}serving_runs.csv`);
/** For test names: says why they are skipped. */
export const ifServed = noServingRuns ? " (skipped: ../shared/groundtruth is absent)" : "";

/** One run of a real server: what was asked of it, and means of what it gave, in seconds. */
export interface ServingRun {
  readonly id: string;
  readonly source: string;
  readonly engine: string;
  readonly gpu: string;
  readonly model: string;
  readonly gpus: number;
  readonly weightBits: number;
  readonly kvBits: number;
  readonly arithmetic: Arithmetic;
  /** Open: `rate` requests a second for `seconds`. Closed: `requests` of `concurrency` users. */
  readonly mode: "open" | "closed";
  readonly rate: number;
  readonly seconds: number;
  readonly promptTokens: number;
  /** Tokens of a prompt that come again in a cycle of `prefixGroups` requests. */
  readonly prefixTokens: number;
  readonly prefixGroups: number;
  readonly outputTokens: number;
  readonly lengthCv: number;
  readonly concurrency: number;
  readonly requests: number;
  readonly maxRequests: number;
  readonly tokenBudget: number;
  /** NaN where it is not known. */
  readonly blocks: number;
  readonly flags: string;
  readonly ttftSeconds: number;
  readonly tpotSeconds: number;
  readonly e2eSeconds: number;
}

export function readServingRuns(): ServingRun[] {
  const [header, ...lines] = readFileSync(`${folder}serving_runs.csv`, "utf8").trim().split(/\r?\n/);
  const keys = header.split(",");
  return lines.map((line) => {
    const cells = line.split(",");
    return runOf(Object.fromEntries(keys.map((key, index) => [key, cells[index] ?? ""])));
  });
}

function runOf(row: Readonly<Record<string, string>>): ServingRun {
  const number = (key: string): number => (row[key] === "" ? Number.NaN : Number(row[key]));
  const [ttftSeconds, tpotSeconds, outputTokens] = [
    number("ttft_ms") / 1e3,
    number("tpot_ms") / 1e3,
    number("output_tokens"),
  ];
  return {
    id: row.id,
    source: row.source,
    engine: row.engine,
    gpu: row.gpu,
    model: row.model,
    gpus: number("gpus"),
    weightBits: number("weight_bits"),
    kvBits: number("kv_bits"),
    arithmetic: row.arithmetic as Arithmetic,
    mode: row.mode as "open" | "closed",
    rate: number("rate"),
    seconds: number("seconds"),
    promptTokens: number("prompt_tokens"),
    prefixTokens: number("prefix_tokens"),
    prefixGroups: number("prefix_groups"),
    outputTokens,
    lengthCv: number("length_cv") || 0,
    concurrency: number("concurrency"),
    requests: number("requests"),
    maxRequests: number("max_requests"),
    tokenBudget: number("token_budget"),
    blocks: number("blocks"),
    flags: row.flags,
    ttftSeconds,
    tpotSeconds,
    e2eSeconds: row.e2e_ms === "" ? ttftSeconds + tpotSeconds * (outputTokens - 1) : number("e2e_ms") / 1e3,
  };
}

/** Catalogue names of models that the runs name by their repositories. */
const REPOSITORIES: Readonly<Record<string, string>> = {
  "mistralai/Mixtral-8x7B-v0.1": "mixtral-8x7b",
  "mistralai/Mixtral-8x22B-Instruct-v0.1": "mixtral-8x22b",
  "RedHatAI/Llama-4-Scout-17B-16E-Instruct-FP8-dynamic": "llama-4-scout",
};

/** The shape of a run's model: of the catalogue, or of a config.json beside the runs. */
export function shapeOfRun({ model }: ServingRun): ModelShape | null {
  const known = MODELS.get(REPOSITORIES[model] ?? model);
  if (known !== undefined) return known;
  if (!existsSync(`${folder}models/${model}`)) return null;
  return shapeFromConfig(JSON.parse(readFileSync(`${folder}models/${model}`, "utf8")), model);
}

/** The run's model on that GPU. */
export function setupOfRun({ gpus, weightBits, kvBits, arithmetic }: ServingRun, gpu: Gpu, shape: ModelShape): Setup {
  return { gpu, shape, gpus, weightBits, kvBits, arithmetic };
}

/**
 * Four runs of Llama-3.1-8B on four H200 have, by Little's law, taken in prompts at 1,400 to 2,100 TFLOP/s a GPU, where
 * the datasheet says 1,979 and no other run reaches 60% of it: their prompts must have been in the prefix cache, or
 * fewer of them at once than it says.
 */
export function isCredible({ engine, gpu, gpus }: ServingRun): boolean {
  return !(engine === "vllm-0.12.0" && gpu === "h200" && gpus === 4);
}

export interface RunOptions {
  readonly gpu: Gpu;
  readonly shape: ModelShape;
  readonly frontEndSeconds: number;
  /** Most requests of an open run. */
  readonly maxRequests?: number;
  readonly observe?: StepObserver;
}

/** Simulates the run with that GPU's figures. */
export function simulateRun(
  run: ServingRun,
  { gpu, shape, frontEndSeconds, maxRequests, observe }: RunOptions,
): Promise<SimulationRun> {
  const setup = setupOfRun(run, gpu, shape);
  return simulate({
    ...setup,
    workload: workloadOfRun(run, maxRequests),
    maxArrivals: run.mode === "closed" ? run.requests : undefined,
    maxRequests: run.maxRequests,
    tokenBudget: run.tokenBudget,
    blockCount: Number.isNaN(run.blocks) ? blocksThatFit(setup, 16, presetOfRun(run).memory) : run.blocks,
    planAhead: presetOfRun(run).planAhead,
    frontEndSeconds,
    observe,
  });
}

/** The preset of the run's engine. Runs without a version are of the spring of 2026. */
export function presetOfRun({ engine }: ServingRun): ReturnType<typeof engineNamed> {
  return engineNamed({ "vllm-": "vllm-0.15", "trtllm-": "trtllm-1.2" }[engine] ?? engine);
}

/** Every `stride`-th credible run. */
export function sampleOf(runs: readonly ServingRun[], stride: number): ServingRun[] {
  return runs.filter((run, index) => index % stride === 0 && isCredible(run));
}

/** Mean absolute relative errors of one kind of runs. */
export interface RunErrors {
  readonly count: number;
  readonly ttft: number;
  readonly tpot: number;
  readonly e2e: number;
}

const GROUPS = ["open", "closed", "mixtures", "saturated"] as const;
type RunGroup = (typeof GROUPS)[number];

/** Simulates runs under their engines' presets. Mixtures and saturated runs are open ones in groups of their own. */
export async function errorsByGroup(
  runs: readonly ServingRun[],
  maxRequests: number,
): Promise<Record<RunGroup, RunErrors>> {
  const rows: { group: RunGroup; ttft: number; tpot: number; e2e: number }[] = [];
  for (const row of runs) {
    const shape = shapeOfRun(row);
    if (shape === null) continue;
    const run = atItsPrecision(row);
    const preset = presetOfRun(run);
    const { gpu } = setupUnder(preset, setupOfRun(run, gpuNamed(run.gpu), shape));
    const { summary } = await simulateRun(run, { gpu, shape, frontEndSeconds: preset.frontEndSeconds, maxRequests });
    const error = (mean: number | null, measured: number): number => Math.abs(mean! / measured - 1);
    rows.push({
      group: isSaturated(row) ? "saturated" : shape.experts === null ? run.mode : "mixtures",
      ttft: error(summary.ttftSeconds.mean, run.ttftSeconds),
      tpot: error(summary.tpotSeconds.mean, run.tpotSeconds),
      e2e: error(summary.e2eSeconds.mean, run.e2eSeconds),
    });
  }
  const errorsOf = (group: RunGroup): RunErrors => {
    const own = rows.filter((row) => row.group === group);
    const mean = (key: "ttft" | "tpot" | "e2e"): number => own.reduce((sum, row) => sum + row[key], 0) / own.length;
    return { count: own.length, ttft: mean("ttft"), tpot: mean("tpot"), e2e: mean("e2e") };
  };
  return Object.fromEntries(GROUPS.map((group) => [group, errorsOf(group)])) as Record<RunGroup, RunErrors>;
}

/** Open runs of fp8 checkpoints are listed with 16 bits. */
export function atItsPrecision(run: ServingRun): ServingRun {
  return run.mode === "open" && run.flags.includes("fp8") ? { ...run, weightBits: 8, arithmetic: "fp8" } : run;
}

/** More than three quarters of an open run's seats are taken in the mean (Little's law). */
export function isSaturated({ mode, rate, e2eSeconds, maxRequests }: ServingRun): boolean {
  return mode === "open" && rate * e2eSeconds > 0.75 * maxRequests;
}

/** What the clients of the run sent. Open runs are cut to `most` requests. */
export function workloadOfRun(run: ServingRun, most = Number.POSITIVE_INFINITY): Workload {
  if (run.mode === "open") return new GeneratedWorkload(openArrivals(run, most));
  const { concurrency, promptTokens, outputTokens, lengthCv } = run;
  return new ClosedLoop({ concurrency, promptTokens, outputTokens, lengthCv, seed: 1 });
}

function* openArrivals(run: ServingRun, most: number): Generator<Arrival> {
  const random = new RandomStream(1, 1);
  const { promptTokens, outputTokens, prefixTokens, prefixGroups } = run;
  let at = 0;
  for (let i = 0; i < most; i++) {
    at += random.exponential(1 / run.rate);
    if (at > run.seconds) return;
    yield { at, promptTokens, outputTokens, pieces: [i % prefixGroups], pieceTokens: prefixTokens };
  }
}
