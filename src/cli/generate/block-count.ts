import { type DecoderConfig, layerGroups } from "../../decoder.ts";
import { kvHeadBytes, type KvType } from "../../kv-type.ts";

/**
 * Bytes of keys and values that a run takes without being told to, of whatever type; a pool without a given size should
 * not fill a machine.
 */
export const DEFAULT_KV_BYTES = 512 * 1024 * 1024;

/** What a run needs of the pool. Lengths in tokens: prompt and most produced ones. */
export interface Demand {
  readonly lengths: readonly number[];
  /** Most requests at a time. */
  readonly maxRequests: number;
  readonly blockSize: number;
  readonly kv: KvType;
}

/**
 * Blocks with which no request of the run has to wait for memory, as far as `DEFAULT_KV_BYTES` goes; at least one of
 * each group. A request has a table in each group of layers, and a block has room for the largest group.
 */
export function defaultBlockCount(config: DecoderConfig, demand: Demand): number {
  const { lengths, maxRequests, blockSize, kv } = demand;
  const groups = layerGroups(config);
  const blocks = lengths.map((length) => Math.ceil(Math.min(length, config.contextLength) / blockSize));
  const longest = blocks
    .toSorted((a, b) => b - a)
    .slice(0, maxRequests)
    .reduce((sum, count) => sum + count, 0);
  const layers = Math.max(...groups.map((group) => group.layers.length));
  const bytesPerBlock = 2 * layers * config.kvHeadCount * blockSize * kvHeadBytes(kv, config.headDim);
  return Math.max(groups.length, Math.min(groups.length * longest, Math.floor(DEFAULT_KV_BYTES / bytesPerBlock)));
}
