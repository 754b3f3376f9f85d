import { integerOption } from "../../option-checks.ts";
import { MAX_BLOCK_SIZE, MAX_SLOTS } from "../../config.ts";
import type { DecoderConfig } from "../../decoder.ts";
import { InvalidOptionError, UnsupportedModelError } from "../../errors.ts";
import { KV_TYPES, type KvType } from "../../kv-type.ts";
import type { LazyTensor, Model, Tensor } from "../../model.ts";

/** Most threads: beyond some dozens, meetings cost more than they save. */
const MAX_THREADS = 64;

export interface CpuBackendOptions {
  readonly model: Model<Tensor | LazyTensor>;
  readonly blockCount: number;
  readonly blockSize: number;
  readonly maxTokens: number;
  readonly maxRequests: number;
  /** Blocks of the host tier, in the same memory. Default 0. */
  readonly hostBlockCount?: number;
  /** How keys and values are stored. Default f32. */
  readonly kv?: KvType;
  /**
   * Threads that compute, never more than the machine has cores. Default all cores; 0 computes on the calling thread.
   */
  readonly threads?: number;
  /** Return the logits of every sample: `2 * maxTokens * vocabSize` floats. Default false. */
  readonly keepLogits?: boolean;
}

export type ResolvedOptions = Required<CpuBackendOptions>;

/**
 * Fills in what is not given; `cores` is what the machine has. Throws `InvalidOptionError` or `UnsupportedModelError`.
 */
export function resolveOptions(options: CpuBackendOptions, cores: number): ResolvedOptions {
  const {
    model,
    blockSize,
    blockCount,
    maxTokens,
    maxRequests,
    hostBlockCount = 0,
    kv = "f32",
    keepLogits = false,
  } = options;
  checkModel(model.config);
  integerOption("blockSize", blockSize, { least: 1, most: MAX_BLOCK_SIZE });
  const mostBlocks = Math.floor(MAX_SLOTS / blockSize) - 1;
  integerOption("blockCount", blockCount, { least: 1, most: mostBlocks });
  integerOption("hostBlockCount", hostBlockCount, { least: 0, most: mostBlocks });
  integerOption("maxTokens", maxTokens, { least: 1, most: MAX_SLOTS });
  integerOption("maxRequests", maxRequests, { least: 1, most: MAX_SLOTS });
  if (!KV_TYPES.includes(kv)) throw new InvalidOptionError(`kv must be ${KV_TYPES.join(", ")}, got ${kv as string}`);
  const threads = options.threads ?? cores;
  integerOption("threads", threads, { least: 0, most: MAX_THREADS });
  return {
    model,
    blockSize,
    blockCount,
    maxTokens,
    maxRequests,
    hostBlockCount,
    kv,
    keepLogits,
    threads: Math.min(threads, cores),
  };
}

/** What no kernel computes is refused by name. */
function checkModel({ architecture, headCount, kvHeadCount, norm, gated, learnedPositions }: DecoderConfig): void {
  const refuse = (what: string): never => {
    throw new UnsupportedModelError(`the CPU backend cannot run ${architecture}: ${what}`);
  };
  if (headCount % kvHeadCount !== 0) refuse(`${headCount} query heads do not share ${kvHeadCount} key heads evenly`);
  if (norm.kind !== "rms") refuse(`norms of kind ${norm.kind}`);
  if (!gated) refuse("feed-forward layers without a gate");
  if (learnedPositions > 0) refuse("learned positions");
}
