/** How far each eviction policy is from the best possible: block hits on conversations, and on a mix with prompts that come once. */
import type { EvictionPolicy } from "../../../src/blocks/eviction.ts";
import { KvCache } from "../../../src/blocks/kv-cache.ts";
import { StepJournal } from "../../../src/blocks/step-journal.ts";
import { clairvoyant } from "../../../src/policies/eviction/clairvoyant.ts";
import { EVICTIONS } from "../../../src/policies/names.ts";
import { SeededRandom } from "../../../src/testing/seeded-random.ts";
import type { BenchRow } from "../../bench.ts";

const REQUESTS = 3000;
const POOL = 400;
/** A block is one token here: only which blocks are equal matters. */
const BLOCK = 1;

export default function (): BenchRow[] {
  return [...rowsOf("conversations", conversations(0)), ...rowsOf("conversations, every second prompt comes once", conversations(0.5))];
}

/** Each request is a chain of blocks: a conversation's turns so far, after one of a few long system prompts. */
function conversations(onceRate: number): Int32Array[] {
  const random = new SeededRandom(7);
  let fresh = 1000;
  const chains = Array.from({ length: 60 }, (_, i) => Array.from({ length: 10 + 5 * (i % 4) }, (__, depth) => 100 * (i % 4) + depth));
  return Array.from({ length: REQUESTS }, () => {
    if (random.chance(onceRate)) return Int32Array.from({ length: 30 }, () => fresh++);
    const chain = chains[Math.floor(chains.length * random.next() ** 2)];
    chain.push(...Array.from({ length: random.integer(1, 6) }, () => fresh++));
    if (chain.length > 80) chain.length = 10;
    return Int32Array.from(chain);
  });
}

function rowsOf(workload: string, requests: readonly Int32Array[]): BenchRow[] {
  const future = new Future(requests);
  const best = hitRate(requests, clairvoyant((block) => future.nextUse(block)), future);
  const rows = Object.entries(EVICTIONS).map(([name, make]) => ({ name: `block hits of ${name}, ${workload}`, note: percent(hitRate(requests, make(), new Future(requests))) }));
  return [...rows, { name: `block hits of the best possible, ${workload}`, note: percent(best) }];
}

function percent(rate: number): string {
  return `${(100 * rate).toFixed(1)}%`;
}

/** When each beginning is needed next. */
class Future {
  time = 0;
  /** By block: the beginning that it holds. */
  readonly contents = new Map<number, string>();
  readonly #uses = new Map<string, number[]>();

  constructor(requests: readonly Int32Array[]) {
    for (const [time, request] of requests.entries()) {
      for (const beginning of beginningsOf(request)) this.#uses.set(beginning, [...(this.#uses.get(beginning) ?? []), time]);
    }
  }

  nextUse(block: number): number {
    const uses = this.#uses.get(this.contents.get(block)!)!;
    return uses.find((time) => time > this.time) ?? Number.POSITIVE_INFINITY;
  }
}

/** A name for each beginning: its length and last token, which no other beginning of that length has, tell it apart. */
function beginningsOf(request: Int32Array): string[] {
  return Array.from(request, (token, depth) => `${depth} ${token}`);
}

/** Share of all blocks that were cached when they were asked for. */
function hitRate(requests: readonly Int32Array[], eviction: EvictionPolicy, future: Future): number {
  const kv = new KvCache({ blockCount: POOL, blockSize: BLOCK, eviction });
  const domain = kv.prefixes.domains.acquire("", 0);
  const journal = new StepJournal();
  let [hits, total] = [0, 0];
  for (const request of requests) {
    const sequence = kv.open({ maxTokens: request.length, domain, cacheable: true });
    const match = kv.lookup(sequence, request, request.length, journal);
    hits += match.tokenCount;
    total += request.length;
    kv.attach(sequence, match, journal);
    kv.extend(sequence, request.length, journal);
    kv.index(sequence, request, request.length, null);
    for (const [index, beginning] of beginningsOf(request).entries()) future.contents.set(sequence.tables[0].ids[index], beginning);
    kv.clear(sequence);
    kv.seal(journal);
    kv.settle(journal);
    future.time++;
  }
  return hits / total;
}
