/**
 * With sliding windows a chain's early nodes outlive their blocks: room at first for chains this many times longer than
 * the pool.
 */
const WINDOWED_NODES_PER_BLOCK = 4;

/** Most nodes then: they take about 100 bytes each at 16 tokens a block, and hold chains of 64 Mi tokens. */
const MAX_WINDOWED_NODES = 2 ** 22;

/** Nodes of a prefix tree for `blocks` blocks: room at first, and most. Without windows each node has a block. */
export function nodeRoom(blocks: number, windowed: boolean): { readonly capacity: number; readonly nodeLimit: number } {
  if (!windowed) return { capacity: blocks, nodeLimit: blocks };
  const capacity = WINDOWED_NODES_PER_BLOCK * blocks;
  return { capacity, nodeLimit: Math.max(capacity, MAX_WINDOWED_NODES) };
}
