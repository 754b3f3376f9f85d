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

/** Means of a benchmark's requests. */
export interface BenchMeans {
  readonly tpotSeconds: number;
  readonly ttftSeconds: number;
}

/** A GPU whose figures give the benchmarks' time a token, and what simulations with them give. */
export interface BenchFit {
  readonly gpu: Gpu;
  /** Pace of the device against the figures that it had before: above 1 is faster. */
  readonly pace: number;
  /** [benchmarks] in their order. */
  readonly runs: readonly { readonly measured: BenchMeans; readonly simulated: BenchMeans }[];
}

/** Benchmarks of one fit, each of which is simulated 14 times. */
const MOST_BENCHES = 64;

/** Paces that are tried; beyond, the benchmark was of something else. */
const LEAST_PACE = 0.1;
const MOST_PACE = 10;

/** Halvings of the range's logarithm: the pace is then within 0.05%. */
const ROUNDS = 13;

/** Requests simulated a try. */
const MOST_REQUESTS = 2000;

/** A fit whose mean error is more than this, a tenth, has met a bound. */
const MOST_ERROR = Math.log(1.1);

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
 * Finds the pace at which the setup's GPU gives the benchmarks' mean times a token, by halving: all shares by the pace,
 * all times by its inverse. Of several benchmarks the errors' logarithms add up to 0. They tell one figure; runs of
 * several models and engines tell more (`npm run fit`). Throws `InvalidOptionError` where no pace in [0.1, 10] does.
 */
export async function fitToBench(setup: Setup, benches: readonly BenchResult[]): Promise<BenchFit> {
  if (benches.length < 1 || benches.length > MOST_BENCHES) {
    throw new InvalidOptionError(`a fit takes from 1 to ${MOST_BENCHES} results, got ${benches.length}`);
  }
  let [low, high] = [Math.log(LEAST_PACE), Math.log(MOST_PACE)];
  for (let round = 0; round < ROUNDS; round++) {
    const middle = (low + high) / 2;
    const runs = await runsAt(setup, benches, Math.exp(middle));
    if (meanError(runs) > 0) low = middle;
    else high = middle;
  }
  const pace = Math.exp((low + high) / 2);
  const runs = await runsAt(setup, benches, pace);
  if (Math.abs(meanError(runs)) > MOST_ERROR) {
    const [{ measured, simulated }] = runs;
    throw new InvalidOptionError(
      `no pace from ${LEAST_PACE} to ${MOST_PACE} gives a token in ${measured.tpotSeconds} s; ` +
        `the nearest gives ${simulated.tpotSeconds} s: was it this model on this GPU?`,
    );
  }
  return { gpu: pacedGpu(setup.gpu, pace), pace, runs };
}

/** Mean logarithm of simulated over measured time a token. */
function meanError(runs: BenchFit["runs"]): number {
  const errors = runs.map(({ measured, simulated }) => Math.log(simulated.tpotSeconds / measured.tpotSeconds));
  return errors.reduce((sum, error) => sum + error, 0) / errors.length;
}

async function runsAt(setup: Setup, benches: readonly BenchResult[], pace: number): Promise<BenchFit["runs"]> {
  const runs = [];
  for (const bench of benches) {
    const { tpotSeconds, ttftSeconds } = bench;
    runs.push({ measured: { tpotSeconds, ttftSeconds }, simulated: await runAt(setup, bench, pace) });
  }
  return runs;
}

async function runAt(setup: Setup, bench: BenchResult, pace: number): Promise<BenchMeans> {
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
      fittedOn: `benchmarks of this device; before: ${fittedOn}`,
    },
  };
}
