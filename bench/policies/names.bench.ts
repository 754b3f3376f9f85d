/**
 * Time of an admission decision in a long queue: name the next request, remove it, charge its prompt, add a new
 * request.
 */
import { KvCache } from "../../src/blocks/kv-cache.ts";
import { StepJournal } from "../../src/blocks/step-journal.ts";
import { lru } from "../../src/policies/eviction/lru.ts";
import { QUEUES } from "../../src/policies/names.ts";
import { dlpm } from "../../src/policies/queue/dlpm.ts";
import { lpm } from "../../src/policies/queue/lpm.ts";
import type { PrefixView, QueuePolicy } from "../../src/policies/queue/queue-policy.ts";
import { Request } from "../../src/request.ts";
import { SeededRandom } from "../../src/testing/seeded-random.ts";
import type { Suite } from "../bench.ts";

const WAITING = 10_000;
/** Of the policies that look all of them up in the cache. */
const SORTED = 1000;
const CLIENTS = 100;
const FAMILIES = 50;
const BLOCK = 16;
const SHARED = 256;
const LONGEST = 1024;

export default function (suite: Suite): void {
  for (const [name, make] of Object.entries(QUEUES)) {
    // Beyond 128 waiting, lpm and dlpm do not look at the cache: first come, first served.
    addDecisions(suite, `${name}, ${WAITING.toLocaleString("en")} waiting`, make, WAITING, "<= 100 µs");
  }
  addDecisions(
    suite,
    `lpm, ${SORTED.toLocaleString("en")} waiting, all looked up`,
    () => lpm({ maxSorted: SORTED }),
    SORTED,
  );
  addDecisions(
    suite,
    `dlpm, ${SORTED.toLocaleString("en")} waiting, all looked up`,
    () => dlpm({ maxSorted: SORTED }),
    SORTED,
  );
  addDecisions(suite, "lpm, 128 waiting, all looked up", () => lpm(), 128);
}

function addDecisions(suite: Suite, name: string, make: () => QueuePolicy, waiting: number, aim?: string): void {
  let decide: (() => void) | undefined;
  const options = {
    beforeAll: () => void (decide = decisions(make(), waiting)),
    afterAll: () => void (decide = undefined),
  };
  suite.add(`a decision of ${name}`, () => decide!(), { ...options, aim });
}

/**
 * A full queue; each call is one decision in a step of its own, the dearest case: an order worked out anew serves a
 * step's other decisions too.
 */
function decisions(queue: QueuePolicy, waiting: number): () => void {
  const random = new SeededRandom(1);
  const idle = Array.from({ length: waiting + 1 }, (_, order) => requestOf(order, random));
  queue.attach?.(cacheOf());
  let now = 0;
  for (let i = 0; i < waiting; i++) queue.add(idle.pop()!, (now += 0.01));
  return () => {
    now += 0.01;
    queue.begin?.(now);
    const next = queue.next(now) as Request;
    queue.remove(next, now);
    next.computedTokenCount = next.promptTokenCount;
    queue.charge?.(next, next.promptTokenCount, 0);
    queue.charge?.(next, 0, 1);
    queue.ended?.(next, now);
    queue.add(idle.pop()!, now);
    idle.unshift(next);
  };
}

/** Prompts of up to 1,024 tokens, of which the first 256 are those of their family. */
function requestOf(order: number, random: SeededRandom): Request {
  const family = random.integer(0, FAMILIES - 1);
  const length = random.integer(SHARED, LONGEST);
  const promptTokenIds = Int32Array.from({ length }, (_, i) => (i < SHARED ? family : 1000 + order));
  const input = {
    id: order,
    promptTokenIds,
    maxTokens: random.integer(1, 500),
    priority: random.integer(0, 9),
    client: `client ${order % CLIENTS}`,
    deadline: 10 + 100 * random.next(),
  };
  return new Request(input, { contextLength: 4096, order, now: 0 });
}

/** A cache that has the beginnings of half the families. */
function cacheOf(): PrefixView {
  const kv = new KvCache({ blockCount: 4096, blockSize: BLOCK, eviction: lru() });
  const domain = kv.prefixes.domains.acquire("", 0);
  const journal = new StepJournal();
  for (let family = 0; family < FAMILIES; family += 2) {
    kv.tables.open(0, domain, true);
    kv.tables.reserve(0, 0, SHARED, journal);
    kv.transactions.index(0, new Int32Array(SHARED).fill(family), SHARED, null);
    kv.tables.release(0);
  }
  return { cachedTokens: ({ tokens, tokenCount }) => kv.lookup(domain, tokens, tokenCount).tokenCount };
}
