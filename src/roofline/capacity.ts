import { DEFAULT_BLOCK_SIZE } from "../config.ts";
import { DeviceLimitError, InvalidOptionError } from "../errors.ts";
import { formatBytes } from "./format.ts";
import { blockBytesPerSequence, kvBytesPerSequence, kvBytesPerToken, kvCopies } from "./kv-bytes.ts";
import { resolveSetup, type Setup } from "./setup.ts";
import { type ModelShape, parameterCount } from "./shape.ts";

/** What fits beside what. */
export interface CapacityOptions extends Setup {
  /** Tokens a sequence, prompt and output together. Default 4096. */
  readonly context?: number;
  /** Tokens a block. Default 16. */
  readonly blockSize?: number;
  /**
   * Share of each GPU's memory that may be used. Default 1, as in the talk; engines leave some, see `SERVING_MEMORY`.
   */
  readonly memoryShare?: number;
  /** Bytes a GPU for activations and the runtime, taken off that share. Default 0. */
  readonly reservedBytes?: number;
}

/** Memory of weights and KV cache; bytes are of all GPUs together. */
export interface Capacity {
  readonly weightBytes: number;
  /** Keys and values of one token, every layer. */
  readonly kvBytesPerToken: number;
  /** Keys and values of one sequence of `context` tokens, without blocks. */
  readonly kvBytesPerSequence: number;
  /** What is left for keys and values. */
  readonly kvBytes: number;
  /** One block of every layer. */
  readonly blockBytes: number;
  /** Blocks that fit, where all layers share one table. */
  readonly blockCount: number;
  /** Sequences of `context` tokens that fit, in whole blocks. 0 where not even one does. */
  readonly maxSequences: number;
}

/**
 * What an engine leaves: vLLM's default `gpu_memory_utilization`, and the bytes that its RTX 4090 run of the ground
 * truth kept from the cache beyond that (0.9 * 24 GiB - 16.06 GB weights - 2,588 blocks of 2 MiB).
 */
export const SERVING_MEMORY = Object.freeze({ memoryShare: 0.9, reservedBytes: 1.7e9 });

/** Bytes of all weights at `weightBits` each. */
export function weightBytes(shape: ModelShape, weightBits: number): number {
  return (parameterCount(shape) * weightBits) / 8;
}

/**
 * How much memory weights and sequences take, and how many sequences fit. Throws `DeviceLimitError` with the numbers
 * where the weights alone do not fit, `InvalidOptionError` for an option out of range.
 */
export function capacity(options: CapacityOptions): Capacity {
  const { gpu, shape, weightBits, kvBits, gpus } = resolveSetup(options);
  const { context = 4096, blockSize = DEFAULT_BLOCK_SIZE, memoryShare = 1, reservedBytes = 0 } = options;
  checkOptions(context, blockSize, memoryShare, reservedBytes);
  const weights = weightBytes(shape, weightBits);
  const usable = gpus * (gpu.memoryBytes * memoryShare - reservedBytes);
  if (weights > usable) {
    const where = `${gpus === 1 ? "" : `${gpus} x `}${gpu.name}`;
    throw new DeviceLimitError(
      `the weights of ${shape.name} at ${weightBits} bits take ${formatBytes(weights)}, ` +
        `${where} has ${formatBytes(Math.max(0, usable))} for them`,
    );
  }
  const copies = kvCopies(shape, gpus);
  const kvBytes = usable - weights;
  const blockBytes = kvBytesPerToken(shape, kvBits) * copies * blockSize;
  return {
    weightBytes: weights,
    kvBytesPerToken: kvBytesPerToken(shape, kvBits) * copies,
    kvBytesPerSequence: kvBytesPerSequence(shape, kvBits, context) * copies,
    kvBytes,
    blockBytes,
    blockCount: Math.floor(kvBytes / blockBytes),
    maxSequences: Math.floor(kvBytes / (blockBytesPerSequence(shape, kvBits, context, blockSize) * copies)),
  };
}

function checkOptions(context: number, blockSize: number, memoryShare: number, reservedBytes: number): void {
  if (!Number.isSafeInteger(context) || context < 1) {
    throw new InvalidOptionError(`context must be a positive integer, got ${context}`);
  }
  if (!Number.isSafeInteger(blockSize) || blockSize < 1) {
    throw new InvalidOptionError(`blockSize must be a positive integer, got ${blockSize}`);
  }
  if (!(memoryShare > 0 && memoryShare <= 1)) {
    throw new InvalidOptionError(`memoryShare must be in (0, 1], got ${memoryShare}`);
  }
  if (!(reservedBytes >= 0 && Number.isFinite(reservedBytes))) {
    throw new InvalidOptionError(`reservedBytes must be >= 0, got ${reservedBytes}`);
  }
}
