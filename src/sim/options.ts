import { blockBytes, groupsOf } from "../backends/simulated/index.ts";
import { DEFAULT_BLOCK_SIZE, DEFAULT_MAX_REQUESTS, DEFAULT_TOKEN_BUDGET } from "../config.ts";
import { DeviceLimitError, InvalidOptionError } from "../errors.ts";
import { capacity, SERVING_MEMORY, type Setup } from "../roofline/index.ts";
import { resolveSetup } from "../roofline/setup.ts";
import type { SchedulerOptions } from "../scheduler/options.ts";
import type { Workload } from "./arrival.ts";
import type { OverContext } from "./context-limit.ts";
import type { Slo } from "./metrics.ts";

/**
 * Policy objects of the scheduler; what is missing has the scheduler's default. Objects keep state: they serve one run.
 */
export type Policies = Pick<
  SchedulerOptions,
  "queue" | "admission" | "preemption" | "chunking" | "budget" | "eviction"
>;

/** One run: a model on hardware under a workload. */
export interface SimulationOptions extends Setup {
  readonly workload: Workload;
  readonly policies?: Policies;
  /** Default: as many as fit beside the weights, with the memory that engines leave (`SERVING_MEMORY`). */
  readonly blockCount?: number;
  /** Default 16. */
  readonly blockSize?: number;
  /** Most requests in a step. Default 256. */
  readonly maxRequests?: number;
  /** Most tokens in a step, where no budget policy is given. Default 512. */
  readonly tokenBudget?: number;
  /** Most tokens of a request. Default: the model's. */
  readonly contextLength?: number;
  /** What becomes of requests beyond the context. Default "clip". */
  readonly overContext?: OverContext;
  /**
   * Whether the next step is decided while one runs, as today's engines do; an arrival then waits for the step after
   * that. Default true.
   */
  readonly planAhead?: boolean;
  /**
   * Seconds from a request's arrival until the scheduler sees it: HTTP, tokenizing, the way between processes. Default
   * 0.
   */
  readonly frontEndSeconds?: number;
  /** Whether requests take and leave cached prefixes. Default true. */
  readonly prefixCaching?: boolean;
  /** Most requests that are taken from the workload. Default: all. */
  readonly maxArrivals?: number;
  /** For goodput. Default: none. */
  readonly slo?: Slo;
}

/** What an engine leaves of a GPU's memory. */
export interface MemoryOptions {
  /** Share of each GPU's memory that it takes. */
  readonly memoryShare: number;
  /** Bytes of that, a GPU, for activations and the runtime. */
  readonly reservedBytes: number;
}

/** The options with what the roofline chose. */
export interface ResolvedSimulation extends Required<Omit<SimulationOptions, "maxArrivals">> {
  readonly maxArrivals: number;
  readonly groups: readonly { readonly window: number | null }[];
}

/**
 * Waiting requests: a simulation shows how a queue grows, so no request is refused before memory is at stake. 2^20
 * requests are some 500 MB of records, 2^28 ids 1 GiB.
 */
export const MAX_WAITING_REQUESTS = 2 ** 20;
export const MAX_WAITING_TOKENS = 2 ** 28;

/** Longest way to the scheduler: beyond it a client has given up. */
const MAX_FRONT_END_SECONDS = 60;

/**
 * Fills in defaults. Throws `DeviceLimitError` with the numbers where the weights leave no room, `InvalidOptionError`
 * for a value out of range.
 */
export function resolveSimulation(options: SimulationOptions): ResolvedSimulation {
  const {
    shape,
    blockSize = DEFAULT_BLOCK_SIZE,
    contextLength = shape.contextLength,
    maxArrivals = Number.POSITIVE_INFINITY,
  } = options;
  const { frontEndSeconds = 0 } = options;
  checkRanges(contextLength, frontEndSeconds);
  return {
    ...resolveSetup(options),
    workload: options.workload,
    policies: options.policies ?? {},
    blockCount: options.blockCount ?? blocksThatFit(options, blockSize),
    blockSize,
    maxRequests: options.maxRequests ?? DEFAULT_MAX_REQUESTS,
    tokenBudget: options.tokenBudget ?? DEFAULT_TOKEN_BUDGET,
    contextLength,
    overContext: options.overContext ?? "clip",
    planAhead: options.planAhead ?? true,
    frontEndSeconds,
    prefixCaching: options.prefixCaching ?? true,
    maxArrivals,
    slo: options.slo ?? {},
    groups: groupsOf(shape),
  };
}

function checkRanges(contextLength: number, frontEndSeconds: number): void {
  if (!Number.isInteger(contextLength) || contextLength < 2) {
    throw new InvalidOptionError(`contextLength must be an integer >= 2, got ${contextLength}`);
  }
  if (!(frontEndSeconds >= 0 && frontEndSeconds <= MAX_FRONT_END_SECONDS)) {
    throw new InvalidOptionError(`frontEndSeconds must be in [0, ${MAX_FRONT_END_SECONDS}], got ${frontEndSeconds}`);
  }
}

/**
 * Blocks that fit beside the weights with the memory that engines leave (vLLM, by default), any of which serves any
 * group. Throws `DeviceLimitError` with the numbers where there are none.
 */
export function blocksThatFit(setup: Setup, blockSize: number, memory: MemoryOptions = SERVING_MEMORY): number {
  const { gpu, shape, gpus = 1 } = setup;
  const { kvBytes } = capacity({ ...setup, blockSize, ...memory });
  const blocks = Math.floor(kvBytes / gpus / blockBytes(setup, blockSize));
  if (blocks < 1) {
    throw new DeviceLimitError(
      `beside the weights of ${shape.name} ${Math.round(kvBytes)} bytes are left on ${gpus} x ${gpu.name}, ` +
        `a block of ${blockSize} tokens takes ${Math.round(gpus * blockBytes(setup, blockSize))}`,
    );
  }
  return blocks;
}
