import type { KvEvent } from "../../src/blocks/events.ts";
import type { EvictionPolicy } from "../../src/blocks/eviction.ts";
import type { PrefixMatch } from "../../src/blocks/prefix-match.ts";
import { PrefixMatch as Match } from "../../src/blocks/prefix-match.ts";
import { StepJournal } from "../../src/blocks/step-journal.ts";
import { lru } from "../../src/policies/eviction/lru.ts";
import { SlotCache, type SlotView } from "./slot-cache.ts";

/** Tokens a block. */
const SIZE = 2;

/** A small KV cache and what tests do with its parts; ids are easy to tell apart. */
export function cacheParts(
  options: {
    blockCount?: number;
    hostBlockCount?: number;
    groups?: readonly { window: number | null }[];
    eviction?: EvictionPolicy;
    worthSwapping?: (block: number) => boolean;
    onEvict?: (block: number) => void;
    onEvent?: (event: KvEvent) => void;
  } = {},
) {
  const { blockCount = 8, hostBlockCount = 0, groups = [{ window: null }], eviction = lru() } = options;
  const cache = new SlotCache({ ...options, blockCount, hostBlockCount, groups, eviction, blockSize: SIZE });
  const { pool, prefixes, supply, tables, transactions } = cache.kv;
  const match = new Match(prefixes, groups);
  const journal = new StepJournal();
  const domain = prefixes.domains.acquire("", 0);
  const root = ~domain;
  const open = (cacheable = true): SlotView => cache.open({ domain, cacheable });
  /** A slot with blocks for so many tokens. */
  const holding = (tokens: number): SlotView => {
    const view = open();
    cache.extend(view, tokens, journal);
    return view;
  };
  /** Computes and indexes the tokens, for good. */
  const indexed = (tokens: readonly number[]): SlotView => {
    const view = holding(tokens.length);
    cache.index(view, new Int32Array(tokens), tokens.length, null);
    return view;
  };
  /** Gives all blocks back, tail first. */
  const letGo = (view: SlotView): void => cache.clear(view);
  const search = (tokens: readonly number[], limit = tokens.length): PrefixMatch => {
    match.search(root, new Int32Array(tokens), limit, journal);
    return match;
  };
  const blocksOf = (view: SlotView, group = 0): number[] => view.tables[group].ids.slice(view.tables[group].first);
  return {
    cache,
    pool,
    prefixes,
    supply,
    tables,
    transactions,
    match,
    journal,
    domain,
    root,
    open,
    holding,
    indexed,
    letGo,
    search,
    blocksOf,
  };
}

/** What a list of pairs holds. */
export function pairsOf(list: StepJournal["copies"]): number[][] {
  return Array.from({ length: list.length / 2 }, (_, i) => [list.items[2 * i], list.items[2 * i + 1]]);
}
