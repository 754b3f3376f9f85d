/**
 * How far each eviction policy is from the best possible: block hits on conversations, on a mix with prompts that come
 * once, and on Mooncake's traces, whole, by pool size. Takes some ten seconds; `npm run hit-rates` draws the traces'
 * curves.
 */
import { SeededRandom } from "../../../src/testing/seeded-random.ts";
import {
  type Chains,
  hitRates,
  MOONCAKE_POOLS,
  MOONCAKE_TRACES,
  mooncakeFile,
  RATED,
  readChains,
} from "../../../test/support/hit-rates.ts";
import type { BenchRow } from "../../bench.ts";

const REQUESTS = 3000;
const POOL = 400;

export default async function (): Promise<BenchRow[]> {
  const rows = [
    rowOf("conversations", conversations(0), POOL),
    rowOf("conversations, every second prompt comes once", conversations(0.5), POOL),
  ];
  for (const trace of MOONCAKE_TRACES) rows.push(...(await mooncakeRows(trace)));
  return rows;
}

async function mooncakeRows(trace: string): Promise<BenchRow[]> {
  const name = `mooncake_${trace}`;
  const file = mooncakeFile(trace);
  if (file === null) return [{ name: `block hits, ${name}`, note: "skipped: ../shared/traces holds no such file" }];
  const chains = await readChains(file);
  return MOONCAKE_POOLS.map((blockCount) =>
    rowOf(`${name}, ${chains.length.toLocaleString("en-US")} requests`, chains, blockCount),
  );
}

function rowOf(workload: string, chains: Chains, blockCount: number): BenchRow {
  const rates = hitRates(chains, blockCount).map((rate, index) => `${RATED[index]} ${(100 * rate).toFixed(1)}%`);
  return { name: `block hits, ${workload}, ${blockCount.toLocaleString("en-US")} blocks`, note: rates.join(", ") };
}

/** Each request is a chain of blocks: a conversation's turns so far, after one of a few long system prompts. */
function conversations(onceRate: number): Chains {
  const random = new SeededRandom(7);
  let fresh = 1000;
  const chains = Array.from({ length: 60 }, (_, i) =>
    Array.from({ length: 10 + 5 * (i % 4) }, (__, depth) => 100 * (i % 4) + depth),
  );
  return Array.from({ length: REQUESTS }, () => {
    if (random.chance(onceRate)) return Int32Array.from({ length: 30 }, () => fresh++);
    const chain = chains[Math.floor(chains.length * random.next() ** 2)];
    chain.push(...Array.from({ length: random.integer(1, 6) }, () => fresh++));
    if (chain.length > 80) chain.length = 10;
    return Int32Array.from(chain);
  });
}
