import type { DecoderConfig } from "../../decoder.ts";

/** Bytes of keys and values that a run takes without being told to, in float32; a pool that nobody sized should not fill a machine. */
export const DEFAULT_KV_BYTES = 512 * 1024 * 1024;

const FLOAT32_BYTES = 4;

/** What a run needs of the pool. Lengths in tokens: prompt and most produced ones. */
export interface Demand {
  readonly lengths: readonly number[];
  /** Most requests at a time. */
  readonly maxRequests: number;
  readonly blockSize: number;
}

/** Blocks with which no request of the run has to wait for memory, as far as `DEFAULT_KV_BYTES` goes; at least one. */
export function defaultBlockCount(config: DecoderConfig, demand: Demand): number {
  const { lengths, maxRequests, blockSize } = demand;
  const blocks = lengths.map((length) => Math.ceil(Math.min(length, config.contextLength) / blockSize));
  const wanted = blocks.toSorted((a, b) => b - a).slice(0, maxRequests).reduce((sum, count) => sum + count, 0);
  const bytesPerBlock = 2 * config.layers.length * config.kvHeadCount * config.headDim * blockSize * FLOAT32_BYTES;
  return Math.max(1, Math.min(wanted, Math.floor(DEFAULT_KV_BYTES / bytesPerBlock)));
}
