/**
 * Requests one after the other through a prefix cache, each a chain of blocks: how much of them each eviction policy
 * finds.
 */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { EvictionPolicy } from "../../src/blocks/eviction.ts";
import { KvCache } from "../../src/blocks/kv-cache.ts";
import { StepJournal } from "../../src/blocks/step-journal.ts";
import { clairvoyant } from "../../src/policies/eviction/clairvoyant.ts";
import { EVICTIONS } from "../../src/policies/names.ts";
import { openTrace } from "../../src/sim/traces/trace-file.ts";

/** Its traces name blocks of so many tokens. */
export const MOONCAKE_TOKENS = 512;

/** Blocks of a pool: from a few of the longest prompts to nearly everything that the traces ever ask for. */
export const MOONCAKE_POOLS = [1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000];

export const MOONCAKE_TRACES = ["conversation", "synthetic"];

/**
 * Chains of block contents: equal beginnings are equal content. A block is one "token" in the cache: only which blocks
 * are equal matters.
 */
export type Chains = readonly Int32Array[];

/** The policies by name, the best possible last. */
export const RATED = [...Object.keys(EVICTIONS), "clairvoyant"];

/** The trace's file, null where it is absent. */
export function mooncakeFile(trace: string): string | null {
  const path = fileURLToPath(new URL(`../../../shared/traces/mooncake_${trace}.jsonl.gz`, import.meta.url));
  return existsSync(path) ? path : null;
}

export async function readChains(path: string): Promise<Chains> {
  const { workload } = await openTrace(path, 0);
  const chains: Int32Array[] = [];
  for (; ; await workload.refill()) {
    while (Number.isFinite(workload.nextAt)) chains.push(Int32Array.from(workload.take().pieces ?? []));
    if (!workload.starved) return chains;
  }
}

/** Share of all blocks that were cached when they were asked for, by policy in the order of `RATED`. */
export function hitRates(chains: Chains, blockCount: number): number[] {
  const nextUses = nextUsesOf(chains);
  return RATED.map((name) => {
    const next = new Float64Array(blockCount + 1);
    const eviction = name === "clairvoyant" ? clairvoyant((block) => next[block]) : EVICTIONS[name]();
    return hitRate(chains, blockCount, eviction, (request, index, block) => (next[block] = nextUses[request][index]));
  });
}

/** Of each block of each request: the next request that begins alike up to it, `Infinity` for none. */
function nextUsesOf(chains: Chains): Float64Array[] {
  const names = new Map<string, number>();
  const uses: number[] = [];
  const nextUses = chains.map((chain) => new Float64Array(chain.length));
  for (let request = chains.length - 1; request >= 0; request--) {
    let name = -1;
    for (const [index, content] of chains[request].entries()) {
      const key = `${name} ${content}`;
      name = names.get(key) ?? names.size;
      names.set(key, name);
      nextUses[request][index] = uses[name] ?? Number.POSITIVE_INFINITY;
      uses[name] = request;
    }
  }
  return nextUses;
}

function hitRate(
  chains: Chains,
  blockCount: number,
  eviction: EvictionPolicy,
  placed: (request: number, index: number, block: number) => void,
): number {
  const kv = new KvCache({ blockCount, blockSize: 1, slotCount: 1, eviction });
  const domain = kv.prefixes.domains.acquire("", 0);
  const journal = new StepJournal();
  let [hits, total] = [0, 0];
  for (const [request, chain] of chains.entries()) {
    kv.tables.open(0, domain, true);
    // One more token follows the chain: the last block of the chain may be found too.
    const match = kv.lookup(domain, chain, chain.length + 1, journal);
    hits += match.tokenCount;
    total += chain.length;
    match.attach(0, kv, journal);
    kv.tables.reserve(0, match.tokenCount, chain.length, journal);
    kv.transactions.index(0, chain, chain.length, null);
    for (let index = 0; index < chain.length; index++) placed(request, index, kv.tables.groups[0].get(0, index));
    kv.tables.release(0);
    kv.transactions.seal(journal);
    kv.transactions.commit(journal);
  }
  return hits / total;
}
