import { KvCache } from "../../src/blocks/kv-cache.ts";
import type { KvCacheOptions } from "../../src/blocks/kv-cache-options.ts";
import type { PrefixMatch } from "../../src/blocks/prefix-match.ts";
import { PrefixTree } from "../../src/blocks/prefix-tree.ts";
import type { Adoption, StepJournal } from "../../src/blocks/step-journal.ts";

/** What one slot of a KV cache holds, read like an object. Valid while the slot is its own. */
export class SlotView {
  readonly slot: number;
  readonly root: number;
  readonly cacheable: boolean;
  readonly #kv: KvCache;

  constructor(kv: KvCache, slot: number, root: number, cacheable: boolean) {
    this.#kv = kv;
    this.slot = slot;
    this.root = root;
    this.cacheable = cacheable;
  }

  /** By group: ids by index, 0 where a window has passed. */
  get tables(): { ids: number[]; first: number; count: number }[] {
    const { groups, counts } = this.#kv.tables;
    return groups.map((group) => {
      const first = group.first[this.slot];
      return {
        ids: Array.from({ length: counts[this.slot] }, (_, index) => (index < first ? 0 : group.get(this.slot, index))),
        first,
        count: counts[this.slot],
      };
    });
  }

  get capacity(): number {
    return this.#kv.tables.counts[this.slot] * this.#kv.blockSize;
  }

  get indexedBlocks(): number {
    return this.#kv.tables.indexed[this.slot];
  }

  get indexAt(): number {
    return this.#kv.tables.indexAt[this.slot];
  }

  get tail(): number {
    return this.#kv.tables.tails[this.slot];
  }

  get forked(): boolean {
    return this.#kv.tables.forked[this.slot] === 1;
  }

  get adoptions(): readonly Adoption[] {
    return this.#kv.tables.adoptions[this.slot];
  }
}

/** A KV cache whose slots are handed out as views: what tests of the blocks do, a request would. */
export class SlotCache {
  readonly kv: KvCache;
  readonly #free: number[];

  constructor(options: KvCacheOptions) {
    this.kv = new KvCache({ slotCount: 64, ...options });
    this.#free = Array.from({ length: 64 }, (_, i) => 63 - i);
  }

  get pool() {
    return this.kv.pool;
  }

  get prefixes() {
    return this.kv.prefixes;
  }

  open({ domain, cacheable = true }: { domain: number; cacheable?: boolean }): SlotView {
    const slot = this.#free.pop()!;
    this.kv.tables.open(slot, domain, cacheable);
    return new SlotView(this.kv, slot, PrefixTree.rootOf(domain), cacheable);
  }

  lookup(view: SlotView, tokens: Int32Array, tokenCount: number, journal: StepJournal): PrefixMatch {
    return view.cacheable ? this.kv.lookup(~view.root, tokens, tokenCount, journal) : this.kv.noMatch();
  }

  attach(view: SlotView, match: PrefixMatch, journal: StepJournal): number {
    match.attach(view.slot, this.kv, journal);
    return match.tokenCount;
  }

  /** Blocks for `tokenCount` tokens, of which `start` are there. */
  extend(view: SlotView, tokenCount: number, journal: StepJournal, start = tokenCount): void {
    this.kv.tables.reserve(view.slot, start, tokenCount, journal);
  }

  index(view: SlotView, tokens: Int32Array, upTo: number, journal: StepJournal | null): void {
    this.kv.transactions.index(view.slot, tokens, upTo, journal);
  }

  blocksToUnshare({ slot }: SlotView, position: number): number {
    return this.kv.tables.blocksToReserve(slot, position, position);
  }

  unshare({ slot }: SlotView, position: number, journal: StepJournal): void {
    this.kv.tables.reserve(slot, position, position, journal);
  }

  truncate({ slot }: SlotView, tokenCount: number): void {
    this.kv.tables.truncate(slot, tokenCount);
  }

  slide({ slot }: SlotView, settled: number): void {
    this.kv.tables.slide(slot, settled);
  }

  fork(view: SlotView, tokenCount = view.capacity): SlotView {
    const sibling = this.open({ domain: ~view.root, cacheable: view.cacheable });
    this.kv.tables.fork(view.slot, sibling.slot, tokenCount);
    return sibling;
  }

  clear({ slot }: SlotView): void {
    this.kv.tables.release(slot);
    this.#free.push(slot);
  }

  seal(journal: StepJournal): void {
    this.kv.transactions.seal(journal);
  }

  commit(journal: StepJournal): void {
    this.kv.transactions.commit(journal);
  }

  rollBack(journal: StepJournal): void {
    this.kv.transactions.rollBack(journal);
  }
}
