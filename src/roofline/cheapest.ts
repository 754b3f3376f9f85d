import { DEFAULT_MAX_REQUESTS } from "../config.ts";
import { BstarError, InvalidOptionError } from "../errors.ts";
import { capacity, SERVING_MEMORY } from "./capacity.ts";
import { dollarsPerDay } from "./cost.ts";
import type { Gpu } from "./gpu.ts";
import { GPUS } from "./hardware.ts";
import { readingTokensPerSecond } from "./reading-speed.ts";
import type { Setup } from "./setup.ts";
import { type RequestSize, type SteadyState, steadyState } from "./steady-state.ts";
import { StepTime } from "./step-time.ts";

/** A load to be served: how many requests of which size, how fast. */
export interface LoadTarget extends Omit<Setup, "gpu" | "gpus">, RequestSize {
  readonly requestsPerSecond: number;
  /** Longest time between two tokens of a request. Default: reading speed. */
  readonly maxSecondsPerToken?: number;
  /** Most requests that run at once on one replica. Default 256. */
  readonly maxRequests?: number;
}

/** A way to serve the load: `replicas` copies of the model, each on `gpus` GPUs. */
export interface GpuPlan {
  readonly gpu: Gpu;
  readonly gpus: number;
  readonly replicas: number;
  readonly dollarsPerDay: number;
  /** One replica at its fullest that keeps the time between tokens. */
  readonly full: SteadyState;
}

/** A way that cannot serve it, and why. */
export interface RefusedGpu {
  readonly gpu: Gpu;
  readonly gpus: number;
  readonly reason: string;
}

/** Tensor parallelism that is tried where it divides the heads: powers of two up to the GPUs of one machine. */
const GPU_COUNTS = [1, 2, 4, 8] as const;

/**
 * Every GPU of the catalogue, alone and in groups, that serves the load, cheapest day first; the refused with their
 * reasons. Memory is taken as engines leave it (`SERVING_MEMORY`); rates come from `steadyState`, an upper bound
 * without queueing.
 */
export function rankGpus(
  target: LoadTarget,
  catalogue: Iterable<Gpu> = GPUS.values(),
): { readonly plans: GpuPlan[]; readonly refused: RefusedGpu[] } {
  checkTarget(target);
  const plans: GpuPlan[] = [];
  const refused: RefusedGpu[] = [];
  for (const gpu of catalogue) {
    for (const gpus of GPU_COUNTS.filter((count) => target.shape.headCount % count === 0)) {
      const plan = planOrReason(target, gpu, gpus);
      if (typeof plan === "string") refused.push({ gpu, gpus, reason: plan });
      else plans.push(plan);
    }
  }
  return { plans: plans.toSorted((a, b) => a.dollarsPerDay - b.dollarsPerDay), refused };
}

/** The cheapest of `rankGpus`. Throws `InvalidOptionError` with the reasons where none serves the load. */
export function cheapestGpu(target: LoadTarget, catalogue: Iterable<Gpu> = GPUS.values()): GpuPlan {
  const { plans, refused } = rankGpus(target, catalogue);
  if (plans.length > 0) return plans[0];
  throw new InvalidOptionError(`no GPU serves this load; ${refusals(refused)}`);
}

/** One reason a GPU: the one of the most that were tried together. */
export function refusals(refused: readonly RefusedGpu[]): string {
  const last = new Map(refused.map((each) => [each.gpu.name, each]));
  return [...last.values()].map(({ gpu, gpus, reason }) => `${gpus} x ${gpu.name}: ${reason}`).join("; ");
}

function planOrReason(target: LoadTarget, gpu: Gpu, gpus: number): GpuPlan | string {
  const setup: Setup = { ...target, gpu, gpus };
  let time: StepTime;
  let maxSequences: number;
  try {
    time = new StepTime(setup);
    ({ maxSequences } = capacity({ ...setup, context: target.promptTokens + target.outputTokens, ...SERVING_MEMORY }));
  } catch (error) {
    if (error instanceof BstarError) return error.message;
    throw error;
  }
  if (maxSequences === 0) return "weights fit, but no sequence beside them";
  const limit = Math.min(maxSequences, target.maxRequests ?? DEFAULT_MAX_REQUESTS);
  const full = fullest(target, time, limit);
  if (full === null) {
    return `one request alone takes longer than ${target.maxSecondsPerToken ?? 1 / readingTokensPerSecond()} s a token`;
  }
  const replicas = Math.ceil(target.requestsPerSecond / full.requestsPerSecond);
  return { gpu, gpus, replicas, full, dollarsPerDay: dollarsPerDay(gpu.dollarsPerHour * gpus * replicas) };
}

/**
 * The largest batch within the time between tokens, by bisection: a step's time and the rate both grow with the batch.
 */
function fullest(target: LoadTarget, time: StepTime, limit: number): SteadyState | null {
  const maxSeconds = target.maxSecondsPerToken ?? 1 / readingTokensPerSecond();
  let best: SteadyState | null = null;
  let low = 1;
  let high = limit;
  while (low <= high) {
    const batch = (low + high) >> 1;
    const state = steadyState(time, target.shape, target, batch);
    if (state.stepSeconds > maxSeconds) high = batch - 1;
    else {
      best = state;
      low = batch + 1;
    }
  }
  return best;
}

function checkTarget(target: LoadTarget): void {
  const { requestsPerSecond, promptTokens, outputTokens, maxSecondsPerToken = 1, maxRequests = 1 } = target;
  for (const [name, value] of Object.entries({ requestsPerSecond, maxSecondsPerToken })) {
    if (!(value > 0 && Number.isFinite(value))) {
      throw new InvalidOptionError(`${name} must be a finite number above 0, got ${value}`);
    }
  }
  for (const [name, value] of Object.entries({ promptTokens, outputTokens, maxRequests })) {
    if (!Number.isSafeInteger(value) || value < 1) {
      throw new InvalidOptionError(`${name} must be a positive integer, got ${value}`);
    }
  }
}
