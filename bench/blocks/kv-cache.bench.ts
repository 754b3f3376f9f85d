import { KvCache } from "../../src/blocks/kv-cache.ts";
import { StepJournal } from "../../src/blocks/step-journal.ts";
import { lru } from "../../src/policies/eviction/lru.ts";
import type { BenchRow, Suite } from "../bench.ts";

const BLOCK = 16;
const PROMPT = 8192;
const BLOCKS = PROMPT / BLOCK;

export default function (suite: Suite): BenchRow[] {
  addLookups(suite);
  addIndexing(suite);
  addAllocation(suite);
  return [memory(100_000)];
}

/** The slot that requests are at, one after the other. */
const SLOT = 0;

function cacheOf(blockCount: number) {
  const kv = new KvCache({ blockCount, blockSize: BLOCK, slotCount: 1, eviction: lru() });
  const domain = kv.prefixes.domains.acquire("", 0);
  const { tables, transactions } = kv;
  const journal = new StepJournal();
  tables.open(SLOT, domain, true);
  const reserve = (): void => tables.reserve(SLOT, 0, PROMPT, journal);
  const index = (tokens: Int32Array, of: StepJournal | null): void => transactions.index(SLOT, tokens, PROMPT, of);
  const clear = (): void => {
    tables.release(SLOT);
    tables.open(SLOT, domain, true);
  };
  return { kv, domain, journal, tables, transactions, reserve, index, clear };
}

/** Prompts that share nothing, more of them than any cache here holds: by turns, none is ever found. */
const prompts = Array.from({ length: 128 }, (_, prompt) =>
  Int32Array.from({ length: PROMPT + 1 }, (__, i) => (prompt * 7919 + i * 31) % 50_000),
);

function tokensOf(prompt: number): Int32Array {
  return prompts[prompt % prompts.length];
}

/** A prompt of 8,192 tokens that is cached whole, among 100 others. */
function addLookups(suite: Suite): void {
  const { kv, domain, journal, transactions, reserve, index, clear } = cacheOf(BLOCKS * 101 + 1);
  for (let prompt = 0; prompt <= 100; prompt++) {
    reserve();
    index(tokensOf(prompt), null);
    clear();
  }
  const tokens = tokensOf(50);
  suite.add(
    "prefix lookup, 8,192-token prompt, full hit, all included",
    () => kv.lookup(domain, tokens, PROMPT + 1, journal),
    {
      aim: "<= 20 µs",
      reference: "vLLM 1,002 µs (sha256), 784 µs (xxhash); mini-sglang's radix tree 17 µs on a single edge",
    },
  );
  suite.add("lookup + attach + clear, 8,192-token prompt, full hit", () => {
    kv.lookup(domain, tokens, PROMPT + 1, journal).attach(SLOT, kv, journal);
    transactions.seal(journal);
    transactions.commit(journal);
    clear();
  });
  const missing = tokensOf(127);
  suite.add("prefix lookup, 8,192-token prompt, nothing cached", () => kv.lookup(domain, missing, PROMPT + 1, journal));
}

/**
 * 512 new full blocks go into the index of a cache that is full of others, which make room: each call is one such
 * prompt.
 */
function addIndexing(suite: Suite): void {
  const { journal, tables, transactions, reserve, index, clear } = cacheOf(BLOCKS * 32);
  let prompt = 0;
  let tokens = tokensOf(prompt);
  suite.add(
    "indexing 512 new full blocks",
    () => {
      // Called once before the first `beforeEach`, to see whether it is asynchronous: there are no blocks then.
      if (tables.counts[SLOT] === 0) return;
      index(tokens, journal);
      transactions.commit(journal);
    },
    {
      aim: "<= 30 µs",
      reference: "vLLM about 300 µs",
      beforeEach() {
        clear();
        tokens = tokensOf(++prompt);
        reserve();
      },
    },
  );
}

/** 512 blocks for one request, and back; and out of a pool whose blocks are all cached, where each is an eviction. */
function addAllocation(suite: Suite): void {
  const free = cacheOf(BLOCKS * 8);
  suite.add(
    "allocate + free, per block (512 at a time)",
    () => {
      free.reserve();
      free.clear();
    },
    {
      opsPerCall: BLOCKS,
      aim: "<= 15 ns",
      reference: "vLLM 69 + 96 ns (212 + 96 with caching), nano-vllm 158 + 110 ns",
    },
  );
  const { kv, tables, reserve, index, clear } = cacheOf(BLOCKS * 8);
  let prompt = 0;
  suite.add("allocate a block, pool full of cached ones", reserve, {
    opsPerCall: BLOCKS,
    beforeEach() {
      if (tables.counts[SLOT] > 0) index(tokensOf(prompt++), null);
      clear();
      while (kv.pool.freeCount > 0) {
        reserve();
        index(tokensOf(prompt++), null);
        clear();
      }
    },
  });
}

/** Bytes of book-keeping a cached block of 16 tokens, all columns included. */
function memory(blockCount: number): BenchRow {
  const { kv } = cacheOf(blockCount);
  return {
    name: "memory per block, cached, tokens included",
    note: `${(kv.byteLength / blockCount).toFixed(1)} B (64 of them its 16 tokens)`,
    aim: "<= 110 B",
    reference: "vLLM 275 B + tokens",
  };
}
