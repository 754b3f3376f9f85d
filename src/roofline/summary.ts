import { DeviceLimitError, InvalidOptionError } from "../errors.ts";
import { bStar } from "./b-star.ts";
import { capacity, type CapacityOptions } from "./capacity.ts";
import { dollarsPerMillionTokens } from "./cost.ts";
import { formatBytes } from "./format.ts";
import { resolveSetup } from "./setup.ts";
import { StepLoad } from "./step-load.ts";
import { StepTime } from "./step-time.ts";

/** Options of `bstar roofline`. */
export interface RooflineOptions extends CapacityOptions {
  /** Dollars an hour and GPU. Default: the catalogue's. */
  readonly dollarsPerHour?: number;
}

/** What `bstar roofline --json` prints. Bytes, seconds and dollars are of all GPUs together. */
export interface RooflineSummary {
  readonly model: string;
  readonly gpu: string;
  readonly gpus: number;
  readonly weightBits: number;
  readonly kvBits: number;
  readonly context: number;
  /** Tokens a step where reading the weights takes as long as the arithmetic, by the datasheet; not rounded. */
  readonly bStar: number;
  readonly weightBytes: number;
  readonly kvBytesPerToken: number;
  /** Of `context` tokens. */
  readonly kvBytesPerSequence: number;
  /** Sequences of `context` tokens that fit beside the weights, in whole blocks. */
  readonly maxSequences: number;
  /** A step of one token, of a request at its beginning: the floor. */
  readonly stepSecondsAtOne: number;
  /** A step of B* such tokens (rounded): contexts, whose reading comes on top, are left out of both. */
  readonly stepSecondsAtBStar: number;
  /** Sequences that decode together below: B*, or as many as fit. */
  readonly decodeBatch: number;
  /** A step that decodes them, each with a full context to read. */
  readonly decodeStepSeconds: number;
  /** decodeBatch / decodeStepSeconds. */
  readonly decodeTokensPerSecond: number;
  readonly dollarsPerHour: number;
  /** Of decoded tokens, the GPUs kept busy at that rate. */
  readonly dollarsPerMillionTokens: number;
}

/**
 * One page about a model on a GPU. Throws `DeviceLimitError` with the numbers where the weights, or one sequence beside
 * them, do not fit, `InvalidOptionError` for an option out of range.
 */
export function roofline(options: RooflineOptions): RooflineSummary {
  const setup = resolveSetup(options);
  const { gpu, shape, weightBits, kvBits, gpus } = setup;
  const { context = 4096 } = options;
  const price = options.dollarsPerHour ?? gpu.dollarsPerHour;
  if (!(price >= 0 && Number.isFinite(price))) {
    throw new InvalidOptionError(`dollarsPerHour must be a finite number >= 0, got ${price}`);
  }
  const memory = capacity(options);
  const fit = memory.maxSequences;
  if (fit === 0) {
    const [left, needed] = [formatBytes(memory.kvBytes), formatBytes(memory.kvBytesPerSequence)];
    throw new DeviceLimitError(
      `beside the weights of ${shape.name} ${left} are left on ${gpus} x ${gpu.name}, ` +
        `a sequence of ${context} tokens takes ${needed}`,
    );
  }
  const time = new StepTime(setup);
  const knee = bStar(gpu, setup);
  const decodeBatch = Math.max(1, Math.min(Math.round(knee), fit));
  const decodeStepSeconds = decodeSeconds(time, setup, decodeBatch, context);
  const decodeTokensPerSecond = decodeBatch / decodeStepSeconds;
  const dollarsPerHour = gpus * price;
  return {
    model: shape.name,
    gpu: gpu.name,
    gpus,
    weightBits,
    kvBits,
    context,
    bStar: knee,
    weightBytes: memory.weightBytes,
    kvBytesPerToken: memory.kvBytesPerToken,
    kvBytesPerSequence: memory.kvBytesPerSequence,
    maxSequences: fit,
    stepSecondsAtOne: decodeSeconds(time, setup, 1, 1),
    stepSecondsAtBStar: decodeSeconds(time, setup, Math.max(1, Math.round(knee)), 1),
    decodeBatch,
    decodeStepSeconds,
    decodeTokensPerSecond,
    dollarsPerHour,
    dollarsPerMillionTokens: dollarsPerMillionTokens(dollarsPerHour, decodeTokensPerSecond),
  };
}

/** A step of `batch` decodes that each see `context` tokens. */
function decodeSeconds(time: StepTime, { shape }: RooflineOptions, batch: number, context: number): number {
  const load = new StepLoad(shape);
  for (let request = 0; request < batch; request++) load.add(1, context, 1);
  return time.stepSeconds(load);
}
