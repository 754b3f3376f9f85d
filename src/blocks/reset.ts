import type { BlockPool } from "./block-pool.ts";
import type { PrefixCache } from "./prefix-cache.ts";

/** Empties the device's prefix cache of what nobody holds; one event says so where nothing is held. */
export function dropCached(pool: BlockPool, prefixes: PrefixCache): void {
  const drop = (): void => {
    while (pool.cachedCount > 0) prefixes.drop(prefixes.victim());
  };
  if (prefixes.events !== undefined && pool.heldCount === 0) prefixes.events.cleared("device", drop);
  else drop();
}

/** Forgets all copies on the host; one event says so. Only while no plan is under construction. */
export function dropHostTier(prefixes: PrefixCache): void {
  const { host } = prefixes;
  const drop = (): void => {
    while (host.storedCount > 0) prefixes.dropFromHost(host.oldest.group, host.oldest.node);
  };
  if (prefixes.events === undefined) drop();
  else prefixes.events.cleared("host", drop);
}

/** Forgets everything that can be matched, on the device and on the host; held blocks stay with their holders. One event a tier says so. */
export function dropEverything(prefixes: PrefixCache): void {
  const drop = (): void => prefixes.dropAll();
  if (prefixes.events === undefined) drop();
  else prefixes.events.allCleared(drop);
}
