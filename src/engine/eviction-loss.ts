import { NULL_BLOCK } from "../config.ts";
import type { KvCache } from "../blocks/kv-cache.ts";
import type { PrefixCache } from "../blocks/prefix-cache.ts";

/** What is lost with an evicted block that is not kept on the host. */
export interface EvictionLoss {
  /** Of its first token. */
  readonly position: number;
  /** Blocks on the host that only it leads to, along one chain: no match reaches them any more. */
  readonly blocksBehind: number;
  /** Groups that hold the same tokens: all their blocks are needed, or none. */
  readonly groupCount: number;
}

/**
 * Blocks behind that are counted: beyond, one more block's way out changes the cost of all by less than a sixteenth.
 */
const MAX_BEHIND = 16;

/** Looks at a cached block. O(depth). */
export function evictionLoss({ pool, prefixes }: KvCache, block: number): EvictionLoss {
  const node = pool.labels[block];
  const group = prefixes.groupOf(node, block);
  let groupCount = 0;
  for (let other = 0; other < prefixes.groupCount; other++) if (prefixes.isResident(other, node)) groupCount++;
  return {
    position: prefixes.depth(block) * prefixes.tree.blockSize,
    blocksBehind: hostBlocksBehind(prefixes, group, node),
    groupCount,
  };
}

function hostBlocksBehind(prefixes: PrefixCache, group: number, from: number): number {
  let behind = 0;
  for (
    let node = hostChild(prefixes, group, from);
    node !== 0 && behind < MAX_BEHIND;
    node = hostChild(prefixes, group, node)
  ) {
    behind++;
  }
  return behind;
}

/** A child with a copy on the host, 0 for none. */
function hostChild({ tree, host }: PrefixCache, group: number, node: number): number {
  let child = tree.firstChild(node);
  while (child !== 0 && host.blockOf(group, child) === NULL_BLOCK) child = tree.nextSibling(child);
  return child;
}
