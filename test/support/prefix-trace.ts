import type { EvictionPolicy } from "../../src/blocks/eviction.ts";
import { clairvoyant } from "../../src/policies/eviction/clairvoyant.ts";
import { BlockForest } from "./block-forest.ts";

/** Requests one after the other, each the path to a node of a tree. */
export interface PrefixTrace {
  /** Of each node, -1 for a root. */
  readonly parents: readonly number[];
  /** The deepest node of each request. */
  readonly requests: readonly number[];
}

/** Nodes from the root to this one. */
function pathTo(node: number, parents: readonly number[]): number[] {
  return node < 0 ? [] : [...pathTo(parents[node], parents), node];
}

/**
 * A cache of whole nodes under a policy, or under the future itself. Returns how many nodes of all requests were found.
 */
export function hitsOf(
  { parents, requests }: PrefixTrace,
  capacity: number,
  make: (() => EvictionPolicy) | "clairvoyant",
): number {
  const paths = requests.map((node) => pathTo(node, parents));
  const state = { time: 0 };
  const nextUse = (block: number): number => {
    const next = paths.findIndex((path, index) => index > state.time && path.includes(block - 1));
    return next === -1 ? Number.POSITIVE_INFINITY : next;
  };
  // Block n + 1 stands for node n: contents never share a block, so that only which ones are there matters.
  const blockParents = parents.map((parent) => parent + 1);
  const policy = make === "clairvoyant" ? clairvoyant(nextUse) : make();
  const forest = new BlockForest(policy, blockParents);
  for (const block of blockParents.keys()) forest.absent(block + 1);
  let hits = 0;
  for (const path of paths) {
    hits += serve(
      forest,
      path.map((node) => node + 1),
      capacity,
    );
    state.time++;
  }
  return hits;
}

/** Takes what is there of a chain, makes room for the rest, lets go of all. */
function serve(forest: BlockForest, chain: readonly number[], capacity: number): number {
  let found = 0;
  while (found < chain.length && forest.cached.has(chain[found])) found++;
  forest.hold(...chain.slice(0, found));
  let held = found;
  for (const block of chain.slice(found)) {
    while (forest.cached.size + held >= capacity && forest.cached.size > 0) forest.evict();
    if (forest.cached.size + held >= capacity) break;
    forest.refill(block);
    held++;
  }
  forest.release(...chain.slice(0, held).toReversed());
  return found;
}
