import type { BlockState } from "../../blocks/block-pool.ts";
import type { KvCache } from "../../blocks/kv-cache.ts";
import type { RequestId } from "../../request.ts";
import { NONE, type Sequence } from "../sequence.ts";

/** Where a block stands, and a running request that holds it. */
export interface BlockOwner {
  readonly state: BlockState;
  readonly request: RequestId | null;
}

/** [blockCount] by block id - 1. */
export function blockOwners(kv: KvCache, running: readonly Sequence[]): BlockOwner[] {
  const holders = new Map<number, RequestId>();
  for (const sequence of running) {
    for (const table of blockTables(kv, sequence)!) for (const block of table) holders.set(block, sequence.id);
  }
  return Array.from({ length: kv.pool.blockCount }, (_, i) => ({
    state: kv.pool.inspect(i + 1).state,
    request: holders.get(i + 1) ?? null,
  }));
}

/** [groups] a request's blocks in order of position, -1 where a window has passed; undefined where it does not run. */
export function blockTables({ tables }: KvCache, { slot }: Sequence): number[][] | undefined {
  if (slot === NONE) return undefined;
  return tables.groups.map((group) =>
    Array.from({ length: tables.counts[slot] }, (_, index) =>
      index < group.first[slot] ? -1 : group.get(slot, index),
    ),
  );
}
