import { ANSWER_ROOM, MAX_BLOCK_SIZE, MAX_SLOTS } from "../config.ts";
import { InvalidOptionError } from "../errors.ts";
import { blocksHeld } from "./accounting.ts";
import { Attacher } from "./attacher.ts";
import { blocksToAdmit, blocksToComplete } from "./block-needs.ts";
import type { BlockHash } from "./block-hash.ts";
import { BlockPool } from "./block-pool.ts";
import { BlockSupply } from "./block-supply.ts";
import { BlockTable, Sequence } from "./block-table.ts";
import { CopyOnWrite } from "./copy-on-write.ts";
import type { KvEvent } from "./events.ts";
import type { EvictionPolicy } from "./eviction.ts";
import { Indexer } from "./indexer.ts";
import { nodeRoom } from "./node-places.ts";
import { poolMap, type PoolMap } from "./pool-map.ts";
import { PrefixCache } from "./prefix-cache.ts";
import { PrefixMatch } from "./prefix-match.ts";
import { PrefixTree } from "./prefix-tree.ts";
import { dropCached, dropEverything, dropHostTier } from "./reset.ts";
import { slide } from "./sliding.ts";
import type { StepJournal } from "./step-journal.ts";

export interface KvCacheOptions {
  readonly blockCount: number;
  readonly blockSize: number;
  /** One block table a group and request; `window` in tokens, `null` where layers see every position. Default: one such group. */
  readonly groups?: readonly { readonly window: number | null }[];
  readonly eviction: EvictionPolicy;
  /** Only finds candidates; a constant one is slow and right. */
  readonly hash?: BlockHash;
  /** Blocks of host memory that evicted blocks are swapped out to. Default 0. */
  readonly hostBlockCount?: number;
  /** Whether swapping this cached block out and in again is cheaper than computing it again. Default: always. */
  readonly worthSwapping?: (block: number) => boolean;
  /** Told of each cached block that is given up for a new holder. */
  readonly onEvict?: (block: number) => void;
  /** Takes the events of what can be matched, in order, each after the step that made it true. */
  readonly onEvent?: (event: KvEvent) => void;
}

/**
 * The KV cache's book-keeping: who holds which block, and which prefixes are cached. No keys or values are here.
 *
 * A request opens a `Sequence`, attaches the cached beginning of its tokens, extends its tables before each step, and
 * clears it at the end. Blocks become matchable when the plan that computes them is issued (`index`), and stop being so when that plan fails (`revert`).
 *
 * Law, after every call: free + cached + held = blockCount; with no open sequence and no plan in flight, held = 0.
 */
export class KvCache {
  readonly blockSize: number;
  readonly groups: readonly { readonly window: number | null }[];
  /** Whether some group has a sliding window. */
  readonly windowed: boolean;
  readonly pool: BlockPool;
  readonly prefixes: PrefixCache;
  readonly #supply: BlockSupply;
  readonly #indexer: Indexer;
  readonly #attacher: Attacher;
  readonly #copyOnWrite: CopyOnWrite;
  readonly #match: PrefixMatch;

  constructor(options: KvCacheOptions) {
    const { blockCount, blockSize } = options;
    if (!Number.isInteger(blockSize) || blockSize < 1 || blockSize > MAX_BLOCK_SIZE) {
      throw new InvalidOptionError(`blockSize must be an integer in [1, ${MAX_BLOCK_SIZE}], got ${blockSize}`);
    }
    // Before the pool takes memory for so many; what is no count of blocks at all, the pool complains of.
    if (Number.isInteger(blockCount) && (blockCount + 1) * blockSize > MAX_SLOTS) {
      throw new InvalidOptionError(`blockCount ${blockCount} of blockSize ${blockSize} is beyond ${MAX_SLOTS} slots`);
    }
    this.pool = new BlockPool(blockCount);
    this.blockSize = blockSize;
    this.groups = options.groups ?? [{ window: null }];
    const { hostBlockCount = 0 } = options;
    if (!Number.isInteger(hostBlockCount) || hostBlockCount < 0) throw new InvalidOptionError(`hostBlockCount must be an integer >= 0, got ${hostBlockCount}`);
    this.windowed = this.groups.some((group) => group.window !== null);
    this.prefixes = new PrefixCache({
      pool: this.pool,
      blockSize,
      groups: this.groups,
      ...nodeRoom(blockCount + hostBlockCount, this.windowed),
      eviction: options.eviction,
      hash: options.hash,
      hostBlockCount,
      onEvent: options.onEvent,
    });
    const { pool, prefixes } = this;
    this.#supply = new BlockSupply({ pool, prefixes, worthSwapping: options.worthSwapping ?? (() => true), onEvict: options.onEvict });
    this.#indexer = new Indexer({ pool, prefixes, supply: this.#supply });
    this.#copyOnWrite = new CopyOnWrite({ pool, prefixes, supply: this.#supply, indexer: this.#indexer });
    this.#attacher = new Attacher({ prefixes, supply: this.#supply });
    this.#match = new PrefixMatch(this.prefixes, this.groups);
  }

  /** An empty sequence that may grow to `maxTokens`, with room for `tokenCount` and a short answer, in a domain of `prefixes.domains` that the caller holds. */
  open(options: { maxTokens: number; domain: number; cacheable: boolean; tokenCount?: number }): Sequence {
    const { maxTokens, domain, cacheable, tokenCount = 0 } = options;
    const blocks = Math.ceil(maxTokens / this.blockSize);
    const expected = Math.ceil((tokenCount + ANSWER_ROOM) / this.blockSize);
    // Pushed one by one: arrays that `map` makes are slower to read.
    const tables: BlockTable[] = [];
    for (let group = 0; group < this.groups.length; group++) tables.push(new BlockTable(blocks, expected));
    return new Sequence({ tables, blockSize: this.blockSize, root: PrefixTree.rootOf(domain), cacheable });
  }

  /**
   * The longest cached beginning of `tokens[0 .. tokenCount - 1)`: the last token is always computed, for its logits.
   * Changes nothing; valid until the next call. `journal` is that of the plan under construction.
   */
  lookup(sequence: Sequence, tokens: Int32Array, tokenCount: number, journal: StepJournal): PrefixMatch {
    if (sequence.cacheable) this.#match.search(sequence.root, tokens, tokenCount - 1, journal);
    else this.#match.clear();
    return this.#match;
  }

  /** How many tokens of a beginning are cached in a domain, the last token left out. Changes nothing, but a match that was looked up is void. */
  cachedTokens(domain: number, tokens: Int32Array, tokenCount: number): number {
    this.#match.search(PrefixTree.rootOf(domain), tokens, tokenCount - 1);
    return this.#match.tokenCount;
  }

  /** Available blocks that attaching the match takes: cached ones that become held, and the partial match's copies. */
  blocksToAttach(match: PrefixMatch): number {
    return match.blocksTaken(this.pool);
  }

  /**
   * Takes the match into an empty sequence: whole blocks are shared, a partial one is copied by the plan.
   * The caller has made sure of `blocksToAttach` available blocks. Returns the tokens that need no computing.
   */
  attach(sequence: Sequence, match: PrefixMatch, journal: StepJournal): number {
    return this.#attacher.attach(sequence, match, journal);
  }

  /** The plan is complete: later plans run after its copies and swaps, so what those read may go. */
  seal(journal: StepJournal): void {
    this.#attacher.seal(journal);
  }

  /** Blocks, of all groups, that the sequence lacks to hold `tokenCount` tokens. */
  blocksToExtend(sequence: Sequence, tokenCount: number): number {
    if (tokenCount <= sequence.capacity) return 0;
    return Math.ceil((tokenCount - sequence.capacity) / this.blockSize) * this.groups.length;
  }

  /** Makes room for `tokenCount` tokens. The caller has made sure of `blocksToExtend` available blocks. Returns how many each table gained. */
  extend(sequence: Sequence, tokenCount: number, journal: StepJournal): number {
    const { tables } = sequence;
    let gained = 0;
    for (; sequence.capacity < tokenCount; gained++) {
      for (let group = 0; group < tables.length; group++) tables[group].push(this.#supply.allocate(journal));
      sequence.capacity += this.blockSize;
    }
    return gained;
  }

  /** Blocks, of all groups, between a match of `matched` tokens and the end of `tokenCount` tokens, without regard to windows. */
  blocksBetween(matched: number, tokenCount: number): number {
    return (Math.ceil(tokenCount / this.blockSize) - Math.ceil(matched / this.blockSize)) * this.groups.length;
  }

  /** Available blocks, of all groups, that a request which takes the match needs until its `tokenCount` tokens are computed, at most at a time. */
  blocksToAdmit(match: PrefixMatch, tokenCount: number): number {
    return blocksToAdmit(match, tokenCount, this);
  }

  /** The same, beyond the blocks that a sequence has. */
  blocksToComplete(sequence: Sequence, tokenCount: number): number {
    return blocksToComplete(sequence, tokenCount, this);
  }

  /** Tokens that follow `held` tokens into the rest of their last block and into `room` more blocks of all groups. */
  tokensThatFit(held: number, room: number): number {
    const blocks = Math.ceil(held / this.blockSize) + Math.floor(Math.max(0, room) / this.groups.length);
    return blocks * this.blockSize - held;
  }

  /** Most blocks, of all groups, that one request of `tokenCount` tokens needs at a time. */
  blocksFor(tokenCount: number): number {
    return this.groups.reduce((sum, { window }) => sum + blocksHeld(tokenCount, this.blockSize, window), 0);
  }

  /** Blocks that writing at `position` would copy, because a sibling shares them. */
  blocksToUnshare(sequence: Sequence, position: number): number {
    return this.#copyOnWrite.blocksToUnshare(sequence, position);
  }

  /** Copies the blocks that `position` is written to where siblings share them (copy on write). */
  unshare(sequence: Sequence, position: number, journal: StepJournal): void {
    this.#copyOnWrite.unshare(sequence, position, journal);
  }

  /**
   * Puts the full blocks of `tokens[0 .. upTo)` into the prefix cache. With a journal the plan behind it computes them:
   * its rollback takes them out again; without one they are there already.
   */
  index(sequence: Sequence, tokens: Int32Array, upTo: number, journal: StepJournal | null): void {
    this.#indexer.index(sequence, tokens, upTo, journal);
  }

  /** The plan was committed: what it indexed stays, and is published. */
  settle(journal: StepJournal): void {
    this.#copyOnWrite.settle(journal);
    this.#indexer.settle(journal);
  }

  /** The plan failed, and its requests' sequences were truncated or emptied: what it indexed goes. */
  revert(journal: StepJournal): void {
    this.#copyOnWrite.revert(journal);
    this.#indexer.revert(journal);
  }

  /** Table entries replaced by equal blocks so far: copies of tables are stale when it has changed. */
  get rewriteCount(): number {
    return this.#indexer.rewriteCount;
  }

  /** Gives back blocks that no later token sees: `computed` tokens are in the cache for good. */
  slide(sequence: Sequence, computed: number): void {
    slide(sequence, computed, this.groups, this.prefixes);
  }

  /** Back to `tokenCount` tokens: blocks beyond are given back, tail first. */
  truncate(sequence: Sequence, tokenCount: number): void {
    while (sequence.indexedBlocks * this.blockSize > tokenCount) {
      sequence.tail = this.prefixes.tree.parentOf(sequence.tail);
      sequence.setIndexed(sequence.indexedBlocks - 1);
    }
    while (sequence.capacity - this.blockSize >= tokenCount) {
      for (const table of sequence.tables) if (table.count > table.first) this.prefixes.release(table.pop());
      sequence.capacity -= this.blockSize;
    }
  }

  /** Gives all blocks back, tail first; the sequence is empty and may be used again. */
  clear(sequence: Sequence): void {
    // Equal blocks come in first: the table alone says then in which order blocks go, children before parents.
    while (sequence.adoptions.length > 0) this.#indexer.adopt(sequence.adoptions[0]);
    sequence.restart();
    for (const table of sequence.tables) {
      while (table.count > table.first) this.prefixes.release(table.pop());
      table.first = 0;
      table.count = 0;
    }
  }

  /** A sibling that shares all blocks, those of plans in flight too: where such a plan fails, it has to be truncated like the first. The first writer into a shared block copies it. */
  fork(sequence: Sequence): Sequence {
    const tables = sequence.tables.map((table) => table.copy());
    for (const { ids, first, count } of tables) for (let index = first; index < count; index++) this.prefixes.share(ids[index]);
    const sibling = new Sequence({ tables, blockSize: this.blockSize, root: sequence.root, cacheable: sequence.cacheable });
    sibling.tail = sequence.tail;
    sibling.setIndexed(sequence.indexedBlocks);
    sibling.capacity = sequence.capacity;
    sibling.forked = true;
    sequence.forked = true;
    this.#copyOnWrite.inherit(sequence, sibling);
    return sibling;
  }

  /** Empties the device's prefix cache of what nobody holds; copies on the host stay. */
  dropCached(): void {
    dropCached(this.pool, this.prefixes);
  }

  /** Empties the whole prefix cache, held blocks included: `open` are the sequences that hold blocks, and index no more. */
  forgetPrefixes(open: Iterable<Sequence>): void {
    for (const sequence of open) sequence.detach();
    dropEverything(this.prefixes);
  }

  /** Forgets all copies on the host. */
  dropHostTier(): void {
    dropHostTier(this.prefixes);
  }

  /** The stored events that lead to what can be matched now, parents first; undefined where nobody takes events. O(blocks). */
  snapshot(): KvEvent[] | undefined {
    return this.prefixes.events?.snapshot();
  }

  /** The pool at a glance, for people. O(blockCount). */
  inspect(): PoolMap {
    return poolMap(this.pool);
  }

  /** Bytes of all columns: references, links, index, tokens. */
  get byteLength(): number {
    return this.pool.byteLength + this.prefixes.byteLength;
  }

  /** O(blockCount), throws on the first broken law. */
  checkInvariants(): void {
    this.pool.checkInvariants();
    this.prefixes.checkInvariants();
  }
}
