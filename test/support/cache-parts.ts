import { Attacher } from "../../src/blocks/attacher.ts";
import { BlockPool } from "../../src/blocks/block-pool.ts";
import { BlockSupply } from "../../src/blocks/block-supply.ts";
import { BlockTable, Sequence } from "../../src/blocks/block-table.ts";
import { CopyOnWrite } from "../../src/blocks/copy-on-write.ts";
import type { KvEvent } from "../../src/blocks/events.ts";
import type { EvictionPolicy } from "../../src/blocks/eviction.ts";
import { Indexer } from "../../src/blocks/indexer.ts";
import { PrefixCache } from "../../src/blocks/prefix-cache.ts";
import { PrefixMatch } from "../../src/blocks/prefix-match.ts";
import { StepJournal } from "../../src/blocks/step-journal.ts";
import { lru } from "../../src/policies/eviction/lru.ts";

/** Tokens a block. */
const SIZE = 2;

/** The rooms of a KV cache, put together as it does; `prompt` gives ids that are easy to tell apart. */
export function cacheParts(options: { blockCount?: number; hostBlockCount?: number; groups?: readonly { window: number | null }[]; eviction?: EvictionPolicy; worthSwapping?: (block: number) => boolean; onEvict?: (block: number) => void; onEvent?: (event: KvEvent) => void } = {}) {
  const { blockCount = 8, hostBlockCount = 0, groups = [{ window: null }], eviction = lru(), worthSwapping = () => true, onEvict, onEvent } = options;
  const pool = new BlockPool(blockCount);
  const prefixes = new PrefixCache({ pool, blockSize: SIZE, groups, capacity: 40, eviction, hostBlockCount, onEvent });
  const supply = new BlockSupply({ pool, prefixes, worthSwapping, onEvict });
  const indexer = new Indexer({ pool, prefixes, supply });
  const attacher = new Attacher({ prefixes, supply });
  const copyOnWrite = new CopyOnWrite({ pool, prefixes, supply, indexer });
  const match = new PrefixMatch(prefixes, groups);
  const journal = new StepJournal();
  const domain = prefixes.domains.acquire("", 0);
  const root = ~domain;
  const open = (): Sequence => new Sequence({ tables: groups.map(() => new BlockTable(20)), blockSize: SIZE, root, cacheable: true });
  /** A sequence with blocks for so many tokens. */
  const holding = (tokens: number): Sequence => {
    const sequence = open();
    for (; sequence.capacity < tokens; sequence.capacity += SIZE) for (const table of sequence.tables) table.push(supply.allocate(journal));
    return sequence;
  };
  /** Computes and indexes the tokens, for good. */
  const indexed = (tokens: readonly number[]): Sequence => {
    const sequence = holding(tokens.length);
    indexer.index(sequence, new Int32Array(tokens), tokens.length, null);
    return sequence;
  };
  /** Gives all blocks back, tail first. */
  const letGo = (sequence: Sequence): void => {
    for (const table of sequence.tables) while (table.count > table.first) prefixes.release(table.pop());
    sequence.capacity = 0;
    sequence.setIndexed(0);
    sequence.tail = sequence.root;
  };
  const search = (tokens: readonly number[], limit = tokens.length): PrefixMatch => {
    match.search(root, new Int32Array(tokens), limit, journal);
    return match;
  };
  const blocksOf = (sequence: Sequence, group = 0): number[] => [...sequence.tables[group].ids.subarray(sequence.tables[group].first, sequence.tables[group].count)];
  return { pool, prefixes, supply, indexer, attacher, copyOnWrite, match, journal, domain, root, open, holding, indexed, letGo, search, blocksOf };
}

/** What a list of pairs holds. */
export function pairsOf(list: StepJournal["copies"]): number[][] {
  return Array.from({ length: list.length / 2 }, (_, i) => [list.at(2 * i), list.at(2 * i + 1)]);
}
