import type { KvCache } from "./kv-cache.ts";
import type { TableGroup } from "./table-group.ts";

/** Blocks, of all groups, that no other slot holds. */
export function blocksOfItsOwn(kv: KvCache, slot: number): number {
  let blocks = 0;
  for (const tables of kv.tables.groups) blocks += ownBlocks(kv, tables, slot, kv.tables.counts[slot]);
  return blocks;
}

/** Blocks that sliding the windows to `settled` tokens would give back for others to take. */
export function blocksToSlide(kv: KvCache, slot: number, settled: number): number {
  let blocks = 0;
  for (const tables of kv.tables.groups) {
    blocks += ownBlocks(kv, tables, slot, kv.tables.firstNeeded(slot, settled, tables.window));
  }
  return blocks;
}

/** The blocks in front of index `end`. */
function ownBlocks({ pool }: KvCache, tables: TableGroup, slot: number, end: number): number {
  let blocks = 0;
  for (let index = tables.first[slot]; index < end; index++) {
    if (pool.referenceCount(tables.get(slot, index)) === 1) blocks++;
  }
  return blocks;
}
