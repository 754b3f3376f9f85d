/**
 * Measured GPU times of ../shared/groundtruth as cases that the step-time model predicts. Read by the tests and by
 * scripts/fit-roofline.ts; absent outside the project's own checkout.
 */
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import {
  type Gpu,
  gpuNamed,
  modelNamed,
  type ModelShape,
  steadyState,
  StepLoad,
  StepTime,
} from "../../src/roofline/index.ts";

const folder = fileURLToPath(new URL("../../../shared/groundtruth/", import.meta.url));
export const noMeasurements = !existsSync(folder);
/** For test names: says why they are skipped. */
export const ifMeasured = noMeasurements ? " (skipped: ../shared/groundtruth is absent)" : "";

/** One measured duration and what the model says of it on a GPU with these figures. */
export interface MeasuredCase {
  readonly label: string;
  readonly seconds: number;
  readonly predict: (gpu: Gpu) => number;
}

/** Cases of one source, that are averaged together. */
export interface MeasuredGroup {
  readonly name: string;
  readonly gpu: string;
  readonly cases: readonly MeasuredCase[];
}

type Row = Readonly<Record<string, string>>;

function readCsv(name: string): Row[] {
  const [header, ...lines] = readFileSync(`${folder}${name}`, "utf8").trim().split(/\r?\n/);
  const keys = header.split(",");
  return lines.map((line) => {
    const cells = line.split(",");
    return Object.fromEntries(keys.map((key, index) => [key, cells[index] ?? ""]));
  });
}

/** Signed relative errors of the group's cases. */
export function errorsOf(group: MeasuredGroup, gpu: Gpu = gpuNamed(group.gpu)): number[] {
  return group.cases.map(({ seconds, predict }) => predict(gpu) / seconds - 1);
}

export function meanAbsolute(errors: readonly number[]): number {
  return errors.reduce((sum, error) => sum + Math.abs(error), 0) / errors.length;
}

function load(
  shape: ModelShape,
  requests: readonly (readonly [query: number, context: number, samples: number])[],
): StepLoad {
  const result = new StepLoad(shape);
  for (const request of requests) result.add(...request);
  return result;
}

function decodes(shape: ModelShape, batch: number, context: number): StepLoad {
  return times(load(shape, [[1, context, 1]]), batch);
}

/** The same request that often. */
function times(step: StepLoad, count: number): StepLoad {
  step.tokens *= count;
  step.requests *= count;
  step.samples *= count;
  for (let kind = 0; kind < step.kvTokensRead.length; kind++) {
    step.kvTokensRead[kind] *= count;
    step.attentionPairs[kind] *= count;
  }
  return step;
}

/** Device time; without the head, and without the elementwise work, where the table has none. */
function tableSeconds(gpu: Gpu, shape: ModelShape, step: StepLoad, row: Row): number {
  const time = new StepTime({ gpu, shape });
  if (row.lm_head_ms === "") step.samples = 0;
  const without = row.elementwise_ms === "" ? time.elementwiseSecondsPerToken * step.tokens + time.launchSeconds : 0;
  return time.deviceSeconds(step) - without;
}

/** The A100 step tables, a group for each source and phase. */
export function a100Steps(): MeasuredGroup[] {
  const groups = new Map<string, MeasuredCase[]>();
  const push = (name: string, row: Row, label: string, makeLoad: (shape: ModelShape) => StepLoad) => {
    const shape = modelNamed(row.model);
    const cases = groups.get(name) ?? [];
    groups.set(name, [
      ...cases,
      { label, seconds: Number(row.step_ms) / 1e3, predict: (gpu) => tableSeconds(gpu, shape, makeLoad(shape), row) },
    ]);
  };
  for (const row of readCsv("a100_step_decode.csv")) {
    push(`A100 decode steps, ${row.source}, ${row.model}`, row, `${row.batch} x ${row.context}`, (shape) =>
      decodes(shape, Number(row.batch), Number(row.context)),
    );
  }
  for (const row of readCsv("a100_step_prefill.csv")) {
    const length = Number(row.prompt_tokens);
    push(`A100 prefill steps, ${row.source}, ${row.model}`, row, String(length), (shape) =>
      load(shape, [[length, length, 1]]),
    );
  }
  return [...groups].map(([name, cases]) => ({ name, gpu: "a100-80gb", cases }));
}

/** Floor and slope of the matrix products, as others fitted them on the A100. */
export function a100Gemm(): MeasuredGroup[] {
  const rows = readCsv("gemm_roofline_fits.csv").filter((row) => row.gpu !== "a40");
  const cases = (key: string, unit: number, of: (time: StepTime) => number) =>
    rows.map((row) => ({
      label: `${row.source} ${row.model}`,
      seconds: Number(row[key]) * unit,
      predict: (gpu: Gpu) => of(new StepTime({ gpu, shape: modelNamed(row.model) })),
    }));
  return [
    {
      name: "A100 matrix products, floor",
      gpu: "a100-80gb",
      cases: cases("weight_floor_ms", 1e-3, (time) => time.weightFloorSeconds),
    },
    {
      name: "A100 matrix products, slope",
      gpu: "a100-80gb",
      cases: cases("slope_ms_per_token", 1e-3, (time) => time.matrixSecondsPerToken),
    },
  ];
}

/** Static batches of TensorRT-LLM: the whole batch is prefilled at once, then decodes in lockstep. Seconds a batch. */
export function tensorRtRows(): MeasuredGroup[] {
  const rows = readCsv("published_rows.csv").filter((row) => row.engine.startsWith("TensorRT-LLM"));
  const group = (name: string, keep: (row: Row) => boolean) => ({
    name,
    gpu: "a100-80gb",
    cases: rows.filter(keep).map(tensorRtCase),
  });
  return [
    group("TensorRT-LLM 0.6.1, one A100, batches", (row) => row.n_gpu === "1" && row.throughput_out_tok_s !== ""),
    group("TensorRT-LLM 0.6.1, two A100, batches", (row) => row.n_gpu === "2"),
    group("TensorRT-LLM 0.5, one A100, first token", (row) => row.ttft_ms !== ""),
  ];
}

function tensorRtCase(row: Row): MeasuredCase {
  const [batch, input, output, gpus] = [
    Number(row.load.replace("batch ", "")),
    Number(row.input_len),
    Number(row.output_len),
    Number(row.n_gpu),
  ];
  const shape = modelNamed("llama-7b");
  // The tables of these versions count tokens a second and GPU.
  const seconds =
    row.ttft_ms === "" ? (batch * output) / (Number(row.throughput_out_tok_s) * gpus) : Number(row.ttft_ms) / 1e3;
  return {
    label: `${batch} x ${input} -> ${output}`,
    seconds,
    predict: (gpu) => staticBatchSeconds(new StepTime({ gpu, shape, gpus }), shape, batch, input, output),
  };
}

function staticBatchSeconds(time: StepTime, shape: ModelShape, batch: number, input: number, output: number): number {
  let seconds = time.stepSeconds(times(load(shape, [[input, input, 1]]), batch));
  for (let step = 1; step < output; step++) seconds += time.stepSeconds(decodes(shape, batch, input + step));
  return seconds;
}

/**
 * 1,000 prompts at once on two A10G: seconds a request while vLLM's default of 256 run. What the PCIe share was taken
 * from.
 */
export function a10gPair(): MeasuredGroup[] {
  const shape = modelNamed("llama-3-8b");
  const cases = readCsv("published_rows.csv")
    .filter((row) => row.hardware === "A10G")
    .map((row) => ({
      label: row.load,
      seconds: 1 / Number(row.req_s),
      predict: (gpu: Gpu) => {
        const size = {
          promptTokens: Number.parseInt(row.input_len, 10),
          outputTokens: Number.parseInt(row.output_len, 10),
        };
        return (
          1 / steadyState(new StepTime({ gpu, shape, gpus: Number(row.n_gpu) }), shape, size, 256).requestsPerSecond
        );
      },
    }));
  return [{ name: "vLLM on two A10G, seconds a request", gpu: "a10g", cases }];
}

const VLLM_RUN = "vllm019_rtx4090_llama31-8b";
/** Of the run's meta.json: 2,588 blocks of 16 tokens, at most 2,048 tokens a step. */
const RUN_KV_TOKENS = 41_408;
const RUN_STEP_TOKENS = 2048;
/**
 * Seconds of the run's first second, while every step was full of prompt tokens; the first step of all was a warm-up.
 */
const FULL_STEPS_UNTIL = 3.4;

/** Everything above and below, in the order of the docs. */
export function allMeasurements(): MeasuredGroup[] {
  return [...a100Steps(), ...a100Gemm(), ...tensorRtRows(), ...vllmSteps(), ...a10gPair()];
}

/**
 * Steps of the vLLM run that can be told from its logs: decodes of the undisturbed end, and full prefill steps of the
 * beginning.
 */
export function vllmSteps(): MeasuredGroup[] {
  return [
    { name: "vLLM 0.19 on RTX 4090, decode steps", gpu: "rtx-4090", cases: vllmDecodeTail() },
    { name: "vLLM 0.19 on RTX 4090, full prefill steps", gpu: "rtx-4090", cases: vllmFullPrefill() },
  ];
}

/**
 * Seconds in which nobody waited and no prompt was computed: step = running / tokens a second, each with the mean of
 * the second's two ends. Fewer than 8 running say little, as they end within the second.
 */
function vllmDecodeTail(): MeasuredCase[] {
  const rows = readCsv(`${VLLM_RUN}_timeseries.csv`).map((row) => ({
    at: Number(row.t),
    prompt: Number(row.prompt_throughput),
    generated: Number(row.gen_throughput),
    running: Number(row.running),
    waiting: Number(row.waiting),
    kvTokens: (Number(row.kv_cache_pct) / 100) * RUN_KV_TOKENS,
  }));
  const shape = modelNamed("llama-3.1-8b");
  return rows.slice(1).flatMap((row, index) => {
    const before = rows[index];
    if (row.waiting + before.waiting + row.prompt + before.prompt > 0 || row.running < 8) return [];
    const running = (row.running + before.running) / 2;
    const step = new StepLoad(shape);
    step.tokens = step.requests = step.samples = running;
    step.kvTokensRead[0] = step.attentionPairs[0] = (row.kvTokens + before.kvTokens) / 2;
    return [
      {
        label: `t = ${row.at}, ${running} running`,
        seconds: running / row.generated,
        predict: (gpu: Gpu) => new StepTime({ gpu, shape }).stepSeconds(step),
      },
    ];
  });
}

/** Times between consecutive first tokens of the run's beginning, where they are one step apart. */
function vllmFullPrefill(): MeasuredCase[] {
  const ends = [...new Set(readCsv(`${VLLM_RUN}_requests.csv`).map((row) => Number(row.first_token_s)))].toSorted(
    (a, b) => a - b,
  );
  const shape = modelNamed("llama-3.1-8b");
  const step = load(shape, [
    [1100, 1100, 1],
    [RUN_STEP_TOKENS - 1100, RUN_STEP_TOKENS - 1100, 1],
  ]); // mean prompt of the run
  return ends.slice(1).flatMap((end, index) => {
    const seconds = end - ends[index];
    const oneFullStep = end < FULL_STEPS_UNTIL && seconds > 0.18 && seconds < 0.22;
    return oneFullStep
      ? [{ label: `until ${end}`, seconds, predict: (gpu: Gpu) => new StepTime({ gpu, shape }).stepSeconds(step) }]
      : [];
  });
}
