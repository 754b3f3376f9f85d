import { InvalidOptionError } from "../errors.ts";
import { isObject } from "../json.ts";
import type { Efficiency, Gpu, Setup } from "../roofline/index.ts";
import { simulate } from "./simulate.ts";
import { ClosedLoop } from "./workloads/closed-loop.ts";
import { poisson } from "./workloads/open.ts";

/** What a benchmark of a server measured, in seconds; `vllm bench serve --save-result` writes it. */
export interface BenchResult {
  readonly promptTokens: number;
  readonly outputTokens: number;
  readonly requests: number;
  /** Users, or requests a second. */
  readonly concurrency: number | null;
  readonly rate: number | null;
  readonly tpotSeconds: number;
  readonly ttftSeconds: number;
}

/** A GPU whose figures give a benchmark's time a token, and what a simulation with them gives. */
export interface BenchFit {
  readonly gpu: Gpu;
  /** Pace of the device against the figures that it had before: above 1 is faster. */
  readonly pace: number;
  readonly measured: { readonly tpotSeconds: number; readonly ttftSeconds: number };
  readonly simulated: { readonly tpotSeconds: number; readonly ttftSeconds: number };
}

/** Paces that are tried; beyond, the benchmark was of something else. */
const LEAST_PACE = 0.1;
const MOST_PACE = 10;

/** Halvings of the range's logarithm: the pace is then within 0.05%. */
const ROUNDS = 13;

/** Requests simulated a try. */
const MOST_REQUESTS = 2000;

/** Widest share that a GPU's file may have. */
const MOST_SHARE = 1.5;

/**
 * Reads the JSON of `vllm bench serve --save-result`, or of what writes the same keys. Throws `InvalidOptionError` that
 * names the key.
 */
export function benchResultFromJson(value: unknown, name = "serve.json"): BenchResult {
  if (!isObject(value)) throw new InvalidOptionError(`${name} must be a JSON object`);
  const number = (key: string): number => {
    const found = value[key];
    if (typeof found === "number" && Number.isFinite(found) && found > 0) return found;
    throw new InvalidOptionError(
      `${name}: "${key}" must be a number above 0, got ${JSON.stringify(found) ?? "nothing"}`,
    );
  };
  const given = (key: string): boolean => typeof value[key] === "number";
  const requests = number("completed");
  if (!given("max_concurrency") && !given("request_rate")) {
    throw new InvalidOptionError(
      `${name}: neither "max_concurrency" nor "request_rate" is a number: the load is not known`,
    );
  }
  return {
    promptTokens: Math.max(1, Math.round(number("total_input_tokens") / requests)),
    outputTokens: Math.max(1, Math.round(number("total_output_tokens") / requests)),
    requests,
    concurrency: given("max_concurrency") ? Math.round(number("max_concurrency")) : null,
    rate: given("request_rate") ? number("request_rate") : null,
    tpotSeconds: number("mean_tpot_ms") / 1e3,
    ttftSeconds: number("mean_ttft_ms") / 1e3,
  };
}

/**
 * Finds the pace at which the setup's GPU gives the benchmark's mean time a token, by halving: all shares by the pace,
 * all times by its inverse. One benchmark tells one figure; runs of several loads and models tell more (`npm run fit`).
 * Throws `InvalidOptionError` where no pace in [0.1, 10] does.
 */
export async function fitToBench(setup: Setup, bench: BenchResult): Promise<BenchFit> {
  let [low, high] = [Math.log(LEAST_PACE), Math.log(MOST_PACE)];
  for (let round = 0; round < ROUNDS; round++) {
    const middle = (low + high) / 2;
    const { tpotSeconds } = await runAt(setup, bench, Math.exp(middle));
    if (tpotSeconds > bench.tpotSeconds) low = middle;
    else high = middle;
  }
  const pace = Math.exp((low + high) / 2);
  const simulated = await runAt(setup, bench, pace);
  if (Math.abs(simulated.tpotSeconds / bench.tpotSeconds - 1) > 0.1) {
    throw new InvalidOptionError(
      `no pace from ${LEAST_PACE} to ${MOST_PACE} gives a token in ${bench.tpotSeconds} s; ` +
        `the nearest gives ${simulated.tpotSeconds} s: was it this model on this GPU?`,
    );
  }
  return {
    gpu: pacedGpu(setup.gpu, pace),
    pace,
    measured: { tpotSeconds: bench.tpotSeconds, ttftSeconds: bench.ttftSeconds },
    simulated,
  };
}

async function runAt(
  setup: Setup,
  bench: BenchResult,
  pace: number,
): Promise<{ tpotSeconds: number; ttftSeconds: number }> {
  const { promptTokens, outputTokens, concurrency, rate } = bench;
  const lengths = { promptTokens, outputTokens, lengthCv: 0, seed: 1 };
  const workload =
    rate === null ? new ClosedLoop({ ...lengths, concurrency: concurrency! }) : poisson({ ...lengths, rate });
  const maxRequests = concurrency === null ? undefined : Math.max(256, concurrency);
  const { summary } = await simulate({
    ...setup,
    gpu: pacedGpu(setup.gpu, pace),
    workload,
    maxArrivals: Math.min(bench.requests, MOST_REQUESTS),
    maxRequests,
    tokenBudget: 8192,
  });
  return { tpotSeconds: summary.tpotSeconds.mean ?? 0, ttftSeconds: summary.ttftSeconds.mean ?? 0 };
}

function pacedGpu(gpu: Gpu, pace: number): Gpu {
  const { fittedOn, ...figures } = gpu.efficiency;
  const paced = Object.entries(figures).map(([key, value]) => [
    key,
    key.endsWith("Share") ? Math.min(MOST_SHARE, value * pace) : value / pace,
  ]);
  return {
    ...gpu,
    efficiency: {
      ...(Object.fromEntries(paced) as Omit<Efficiency, "fittedOn">),
      fittedOn: `one benchmark; before: ${fittedOn}`,
    },
  };
}
