import { MAX_PLANS_IN_FLIGHT } from "../config.ts";
import { blocksHeld } from "./accounting.ts";
import type { BlockPool } from "./block-pool.ts";
import type { Sequence } from "./block-table.ts";
import type { PrefixMatch } from "./prefix-match.ts";

interface Layout {
  readonly blockSize: number;
  readonly groups: readonly { readonly window: number | null }[];
  readonly pool: BlockPool;
}

/**
 * Available blocks, of all groups, that a request which takes the match needs until its `tokenCount` tokens are computed: in groups with
 * a window no more than it holds at a time, with one block for each plan in flight. Chunks are cut to what there is beyond that.
 */
export function blocksToAdmit(match: PrefixMatch, tokenCount: number, { blockSize, groups, pool }: Layout): number {
  const blocks = Math.ceil(tokenCount / blockSize) - Math.ceil(match.tokenCount / blockSize);
  let needed = 0;
  for (let group = 0; group < groups.length; group++) needed += Math.min(match.blocksTakenIn(group, pool) + blocks, mostHeld(tokenCount, blockSize, groups[group].window));
  return needed;
}

/** Blocks, of all groups, that a sequence takes beyond those that it has until `tokenCount` tokens are computed; windows counted as in `blocksToAdmit`. */
export function blocksToComplete({ tables, capacity }: Sequence, tokenCount: number, { blockSize, groups }: Layout): number {
  if (tokenCount <= capacity) return 0;
  const blocks = Math.ceil((tokenCount - capacity) / blockSize);
  let needed = 0;
  for (let group = 0; group < groups.length; group++) {
    const held = tables[group].count - tables[group].first;
    needed += Math.max(0, Math.min(blocks, mostHeld(tokenCount, blockSize, groups[group].window) - held));
  }
  return needed;
}

/** Blocks, of all groups, that no other sequence holds. */
export function blocksOfItsOwn({ tables }: Sequence, pool: BlockPool): number {
  let blocks = 0;
  for (const { ids, first, count } of tables) for (let index = first; index < count; index++) if (pool.referenceCount(ids[index]) === 1) blocks++;
  return blocks;
}

function mostHeld(tokenCount: number, blockSize: number, window: number | null): number {
  return window === null ? Number.POSITIVE_INFINITY : blocksHeld(tokenCount, blockSize, window) + MAX_PLANS_IN_FLIGHT;
}
