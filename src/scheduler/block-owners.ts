import type { BlockState } from "../blocks/block-pool.ts";
import type { KvCache } from "../blocks/kv-cache.ts";
import type { RequestId } from "../request.ts";
import type { Entry } from "./entry.ts";

/** Where a block stands, and a running request that holds it. */
export interface BlockOwner {
  readonly state: BlockState;
  readonly request: RequestId | null;
}

/** [blockCount] by block id - 1. */
export function blockOwners(kv: KvCache, running: readonly Entry[]): BlockOwner[] {
  const holders = new Map<number, RequestId>();
  for (const { id, sequence } of running) {
    for (const { ids, first, count } of sequence!.tables) {
      for (let index = first; index < count; index++) holders.set(ids[index], id);
    }
  }
  return Array.from({ length: kv.pool.blockCount }, (_, i) => ({ state: kv.pool.inspect(i + 1).state, request: holders.get(i + 1) ?? null }));
}
