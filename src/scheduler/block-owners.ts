import type { KvCache } from "../blocks/kv-cache.ts";
import type { RequestId } from "../request.ts";
import type { Entry } from "./entry.ts";

/** [blockCount + 1] by block: a running request that holds it, "cached" where only the prefix cache has it, null where it is free. */
export function blockOwners(kv: KvCache, running: readonly Entry[]): (RequestId | "cached" | null)[] {
  const owners = Array.from({ length: kv.pool.blockCount + 1 }, (_, block): RequestId | "cached" | null => (block > 0 && kv.pool.labelOf(block) !== 0 ? "cached" : null));
  for (const { id, sequence } of running) {
    for (const { ids, first, count } of sequence!.tables) {
      for (let index = first; index < count; index++) owners[ids[index]] = id;
    }
  }
  return owners;
}
