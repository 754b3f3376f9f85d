import type { KvCache } from "./kv-cache.ts";

/**
 * Blocks, of all groups, that the slot alone holds. With `settled`: the part of them that a slide of the windows to
 * `settled` tokens would release.
 */
export function ownBlocks({ tables, pool }: KvCache, slot: number, settled?: number): number {
  let blocks = 0;
  for (const group of tables.groups) {
    const end = settled === undefined ? tables.counts[slot] : tables.firstNeeded(slot, settled, group.window);
    for (let index = group.first[slot]; index < end; index++) {
      if (pool.references[group.get(slot, index)] === 1) blocks++;
    }
  }
  return blocks;
}
