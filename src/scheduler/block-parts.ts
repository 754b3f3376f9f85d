import type { BlockPool } from "../blocks/block-pool.ts";
import type { BlockTable } from "../blocks/block-table.ts";

/** Blocks of a table, each counted by its share: a block that n sequences share counts as 1/n. */
export function partsOf({ ids, first, count }: BlockTable, pool: BlockPool): number {
  let parts = 0;
  for (let index = first; index < count; index++) parts += 1 / pool.referenceCount(ids[index]);
  return parts;
}
