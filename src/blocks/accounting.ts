import { integerOption } from "../option-checks.ts";

/** What decides how many bytes keys and values take. */
export interface KvShape {
  /** Layers of one group. */
  readonly layerCount: number;
  readonly kvHeadCount: number;
  readonly headDim: number;
  /** Bits of one stored number: 16, or less where the cache is quantized. */
  readonly bits: number;
}

/** Bytes of one block of one group: keys and values of all its layers. Exact. */
export function bytesPerBlock(shape: KvShape, blockSize: number): number {
  for (const [name, value] of Object.entries({ ...shape, blockSize })) {
    integerOption(name, value, { least: 1 });
  }
  return (2 * shape.layerCount * shape.kvHeadCount * shape.headDim * blockSize * shape.bits) / 8;
}

/** Most blocks of one group that a request of `tokenCount` tokens holds while it decodes. */
export function blocksHeld(tokenCount: number, blockSize: number, window: number | null): number {
  const whole = Math.ceil(tokenCount / blockSize);
  return window === null ? whole : Math.min(whole, Math.ceil(window / blockSize) + 1);
}

/** How many requests of `tokenCount` tokens fit into the pool at a time, sharing nothing. Exact. */
export function sequencesThatFit(options: {
  blockCount: number;
  blockSize: number;
  tokenCount: number;
  groups: readonly { readonly window: number | null }[];
}): number {
  const { blockCount, blockSize, tokenCount, groups } = options;
  const held = groups.reduce((sum, { window }) => sum + blocksHeld(tokenCount, blockSize, window), 0);
  return Math.floor(blockCount / held);
}

/**
 * Most tokens of one request that has the whole pool: what its blocks hold, and one more, which is the last and needs
 * no slot. A pool of windowed groups alone holds any number: `limit` then.
 */
export function contextThatFits(options: {
  blockCount: number;
  blockSize: number;
  groups: readonly { readonly window: number | null }[];
  limit: number;
}): number {
  const { blockCount, blockSize, groups, limit } = options;
  let low = 0;
  let high = limit;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    const held = groups.reduce((sum, { window }) => sum + blocksHeld(middle, blockSize, window), 0);
    if (held <= blockCount) low = middle;
    else high = middle - 1;
  }
  return Math.min(limit, low + 1);
}
