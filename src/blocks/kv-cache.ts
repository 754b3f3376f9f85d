import { assert } from "../assert.ts";
import { MAX_BLOCK_SIZE, MAX_SLOTS, NULL_BLOCK } from "../config.ts";
import { InvalidOptionError } from "../errors.ts";
import { BlockPool } from "./block-pool.ts";
import { BlockTable, Sequence } from "./block-table.ts";
import type { KvEvent, KvEvents } from "./events.ts";
import type { EvictionPolicy } from "./eviction.ts";
import { PrefixCache } from "./prefix-cache.ts";
import { PrefixMatch } from "./prefix-match.ts";
import { PrefixTree, type BlockHash } from "./prefix-tree.ts";
import type { Adoption, StepJournal } from "./step-journal.ts";

/** With sliding windows a chain's early nodes outlive their blocks: room for chains this many times longer than the pool. */
const WINDOWED_NODES_PER_BLOCK = 4;

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
  /** Whether swapping a block out and in again is cheaper than computing it again. Default: always. */
  readonly worthSwapping?: () => boolean;
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
  readonly pool: BlockPool;
  readonly prefixes: PrefixCache;
  /** Table entries replaced by equal blocks so far: copies of tables are stale when it has changed. */
  rewriteCount = 0;
  readonly #match: PrefixMatch;
  readonly #worthSwapping: () => boolean;

  constructor(options: KvCacheOptions) {
    const { blockCount, blockSize } = options;
    if (!Number.isInteger(blockSize) || blockSize < 1 || blockSize > MAX_BLOCK_SIZE) {
      throw new InvalidOptionError(`blockSize must be an integer in [1, ${MAX_BLOCK_SIZE}], got ${blockSize}`);
    }
    this.pool = new BlockPool(blockCount);
    if ((blockCount + 1) * blockSize > MAX_SLOTS) {
      throw new InvalidOptionError(`blockCount ${blockCount} of blockSize ${blockSize} is beyond ${MAX_SLOTS} slots`);
    }
    this.blockSize = blockSize;
    this.groups = options.groups ?? [{ window: null }];
    const hostBlockCount = options.hostBlockCount ?? 0;
    if (!Number.isInteger(hostBlockCount) || hostBlockCount < 0) throw new InvalidOptionError(`hostBlockCount must be an integer >= 0, got ${hostBlockCount}`);
    this.#worthSwapping = options.worthSwapping ?? (() => true);
    const windowed = this.groups.some((group) => group.window !== null);
    this.prefixes = new PrefixCache({
      pool: this.pool,
      blockSize,
      groups: this.groups,
      capacity: (windowed ? WINDOWED_NODES_PER_BLOCK : 1) * (blockCount + hostBlockCount),
      eviction: options.eviction,
      hash: options.hash,
      hostBlockCount,
      onEvent: options.onEvent,
    });
    this.#match = new PrefixMatch(this.prefixes, this.groups);
  }

  /** An empty sequence that may grow to `maxTokens`, in a domain of `prefixes.domains` that the caller holds. */
  open(options: { maxTokens: number; domain: number; cacheable: boolean }): Sequence {
    const { maxTokens, domain, cacheable } = options;
    const blocks = Math.ceil(maxTokens / this.blockSize);
    const tables = this.groups.map(() => new BlockTable(blocks));
    const sequence = new Sequence({ tables, root: PrefixTree.rootOf(domain), cacheable });
    this.#setIndexed(sequence, 0);
    return sequence;
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

  /** Available blocks that attaching the match takes: cached ones that become held, and the partial match's copies. */
  blocksToAttach(match: PrefixMatch): number {
    return match.blocksTaken(this.pool);
  }

  /**
   * Takes the match into an empty sequence: whole blocks are shared, a partial one is copied by the plan.
   * The caller has made sure of `blocksToAttach` available blocks. Returns the tokens that need no computing.
   */
  attach(sequence: Sequence, match: PrefixMatch, journal: StepJournal): number {
    assert(sequence.capacity === 0, "attach() to a sequence that holds blocks");
    if (match.partialNode !== 0) this.#holdPartial(match.partialNode, journal);
    for (let group = 0; group < this.groups.length; group++) this.#shareMatched(sequence.tables[group], group, match);
    if (this.prefixes.host.storedCount > 0) this.#swapMatchedIn(sequence, match, journal);
    this.#setIndexed(sequence, match.blockCount);
    sequence.capacity = match.blockCount * this.blockSize;
    if (match.blockCount > 0) sequence.tail = match.nodeAt(match.blockCount - 1);
    if (match.partialNode !== 0) this.#copyPartial(sequence, match.partialNode, journal);
    return match.tokenCount;
  }

  /** Blocks, of all groups, that the sequence lacks to hold `tokenCount` tokens. */
  blocksToExtend(sequence: Sequence, tokenCount: number): number {
    if (tokenCount <= sequence.capacity) return 0;
    return Math.ceil((tokenCount - sequence.capacity) / this.blockSize) * this.groups.length;
  }

  /** Makes room for `tokenCount` tokens. The caller has made sure of `blocksToExtend` available blocks. Returns how many each table gained. */
  extend(sequence: Sequence, tokenCount: number, journal: StepJournal): number {
    let gained = 0;
    for (; sequence.capacity < tokenCount; gained++) {
      for (const table of sequence.tables) table.push(this.#allocate(journal));
      sequence.capacity += this.blockSize;
    }
    return gained;
  }

  /** Blocks, of all groups, between a match of `matched` tokens and the end of `tokenCount` tokens. */
  blocksBetween(matched: number, tokenCount: number): number {
    return (Math.ceil(tokenCount / this.blockSize) - Math.ceil(matched / this.blockSize)) * this.groups.length;
  }

  /** Tokens that follow `held` tokens into the rest of their last block and into `room` more blocks of all groups. */
  tokensThatFit(held: number, room: number): number {
    const blocks = Math.ceil(held / this.blockSize) + Math.floor(Math.max(0, room) / this.groups.length);
    return blocks * this.blockSize - held;
  }

  /** Most blocks, of all groups, that one request of `tokenCount` tokens needs at a time. */
  blocksFor(tokenCount: number): number {
    const whole = Math.ceil(tokenCount / this.blockSize);
    let blocks = 0;
    for (const { window } of this.groups) blocks += window === null ? whole : Math.min(whole, Math.ceil(window / this.blockSize) + 1);
    return blocks;
  }

  /** Blocks that writing at `position` would copy, because a sibling shares them. */
  blocksToUnshare(sequence: Sequence, position: number): number {
    if (!sequence.forked || position % this.blockSize === 0) return 0;
    const index = Math.floor(position / this.blockSize);
    let shared = 0;
    for (const table of sequence.tables) if (this.pool.referenceCount(table.ids[index]) > 1) shared++;
    return shared;
  }

  /** Copies the blocks that `position` is written to where siblings share them (copy on write). */
  unshare(sequence: Sequence, position: number, journal: StepJournal): void {
    const index = Math.floor(position / this.blockSize);
    for (const table of sequence.tables) {
      const source = table.ids[index];
      if (this.pool.referenceCount(source) === 1) continue;
      table.ids[index] = this.#allocate(journal);
      this.#copy(source, table.ids[index], journal);
      this.prefixes.release(source);
    }
    sequence.forked = false;
    this.#markRewritten(sequence);
  }

  /**
   * Puts the full blocks of `tokens[0 .. upTo)` into the prefix cache. With a journal the plan behind it computes them:
   * its rollback takes them out again; without one they are there already.
   */
  index(sequence: Sequence, tokens: Int32Array, upTo: number, journal: StepJournal | null): void {
    while (sequence.cacheable && (sequence.indexedBlocks + 1) * this.blockSize <= upTo) {
      const node = this.prefixes.intern(sequence.tail, tokens, sequence.indexedBlocks * this.blockSize);
      if (node === 0) {
        sequence.cacheable = false;
        sequence.indexAt = Number.POSITIVE_INFINITY;
        return;
      }
      for (let group = 0; group < this.groups.length; group++) this.#indexBlock(sequence, group, node, journal);
      sequence.tail = node;
      this.#setIndexed(sequence, sequence.indexedBlocks + 1);
    }
  }

  /** The plan was committed: what it indexed stays. */
  settle(journal: StepJournal): void {
    for (const adoption of journal.adoptions) this.#settle(adoption);
    if (this.prefixes.events !== undefined) this.#publish(journal, this.prefixes.events);
    journal.clear();
  }

  /** The plan failed, and its requests' sequences were truncated or emptied: what it indexed goes. */
  revert(journal: StepJournal): void {
    for (let i = journal.indexed.length - 2; i >= 0; i -= 2) {
      const block = journal.indexed.at(i);
      if (this.pool.labelOf(block) === journal.indexed.at(i + 1)) this.prefixes.drop(block);
    }
    for (const adoption of journal.adoptions) this.#unsettle(adoption);
    for (let i = 0; i < journal.demoted.length; i += 2) this.#undoSwapOut(journal.demoted.at(i), journal.demoted.at(i + 1), journal.swapOuts.at(i + 1));
    journal.clear();
  }

  /** Gives back blocks that no later token sees: `computed` tokens are in the cache for good. */
  slide(sequence: Sequence, computed: number): void {
    for (let group = 0; group < this.groups.length; group++) {
      const window = this.groups[group].window;
      if (window === null) continue;
      const table = sequence.tables[group];
      // The tail stays: its node must outlive it until the next block is indexed below.
      const needed = Math.floor(Math.max(0, computed - window + 1) / this.blockSize);
      const end = sequence.cacheable ? Math.min(needed, sequence.indexedBlocks - 1) : needed;
      while (table.first < end) this.prefixes.release(table.shift());
    }
  }

  /** Back to `tokenCount` tokens: blocks beyond are given back, tail first. */
  truncate(sequence: Sequence, tokenCount: number): void {
    while (sequence.indexedBlocks * this.blockSize > tokenCount) {
      sequence.tail = this.prefixes.tree.parentOf(sequence.tail);
      this.#setIndexed(sequence, sequence.indexedBlocks - 1);
    }
    while (sequence.capacity - this.blockSize >= tokenCount) {
      for (const table of sequence.tables) if (table.count > table.first) this.prefixes.release(table.pop());
      sequence.capacity -= this.blockSize;
    }
  }

  /** Gives all blocks back, tail first; the sequence is empty and may be used again. */
  clear(sequence: Sequence): void {
    // First the equal blocks come in: then the table alone says in which order blocks go, children before parents.
    while (sequence.adoptions.length > 0) this.#settle(sequence.adoptions[0]);
    sequence.tail = sequence.root;
    this.#setIndexed(sequence, 0);
    for (const table of sequence.tables) {
      while (table.count > table.first) this.prefixes.release(table.pop());
      table.first = 0;
      table.count = 0;
    }
    sequence.capacity = 0;
    sequence.forked = false;
  }

  /** A sibling that shares all blocks; whoever writes first into a shared one copies it. */
  fork(sequence: Sequence): Sequence {
    const tables = sequence.tables.map((table) => this.#forkTable(table));
    const sibling = new Sequence({ tables, root: sequence.root, cacheable: sequence.cacheable });
    sibling.tail = sequence.tail;
    this.#setIndexed(sibling, sequence.indexedBlocks);
    sibling.capacity = sequence.capacity;
    sibling.forked = true;
    sequence.forked = true;
    return sibling;
  }

  /** Empties the device's prefix cache of what nobody holds; copies on the host stay. */
  dropCached(): void {
    const drop = (): void => {
      while (this.pool.cachedCount > 0) this.prefixes.drop(this.prefixes.victim());
    };
    if (this.prefixes.events !== undefined && this.pool.heldCount === 0) this.prefixes.events.cleared("device", drop);
    else drop();
  }

  /** Bytes of all columns: references, links, index, tokens. */
  get byteLength(): number {
    return this.pool.byteLength + this.prefixes.byteLength;
  }

  /** O(blockCount). Throws on the first broken law. */
  checkInvariants(): void {
    this.pool.checkInvariants();
    this.prefixes.checkInvariants();
  }

  #setIndexed(sequence: Sequence, blocks: number): void {
    sequence.indexedBlocks = blocks;
    sequence.indexAt = sequence.cacheable ? (blocks + 1) * this.blockSize : Number.POSITIVE_INFINITY;
  }

  /** What the plan made matchable is there now. */
  #publish(journal: StepJournal, events: KvEvents): void {
    for (let i = 0; i < journal.indexed.length; i += 2) {
      const block = journal.indexed.at(i);
      const node = journal.indexed.at(i + 1);
      if (this.pool.labelOf(block) === node) events.stored("device", this.prefixes.groupOf(node, block), node);
    }
    for (let i = 0; i < journal.demoted.length; i += 2) {
      const group = journal.demoted.at(i);
      const node = journal.demoted.at(i + 1);
      if (this.prefixes.host.blockOf(group, node) === journal.swapOuts.at(i + 1)) events.stored("host", group, node);
    }
  }

  /** The copy was never made. */
  #undoSwapOut(group: number, node: number, hostBlock: number): void {
    if (this.prefixes.host.blockOf(group, node) === hostBlock) this.prefixes.dropFromHost(group, node);
  }

  #markRewritten(sequence: Sequence): void {
    sequence.rewritten = true;
    this.rewriteCount++;
  }

  #allocate(journal: StepJournal): number {
    if (this.pool.freeCount === 0) this.#evict(journal);
    return this.pool.acquire();
  }

  /** Gives up a cached block; where that is cheaper than computing it again, the plan swaps it out first. */
  #evict(journal: StepJournal): void {
    const block = this.prefixes.victim();
    if (this.prefixes.host.blockCount > 0) this.#swapOut(block, journal);
    this.prefixes.drop(block);
  }

  #swapOut(block: number, journal: StepJournal): void {
    const node = this.pool.labelOf(block);
    const group = this.prefixes.groupOf(node, block);
    if (this.prefixes.host.blockOf(group, node) !== NULL_BLOCK || !this.#worthSwapping()) return;
    const target = this.prefixes.storeOnHost(group, node);
    if (target === NULL_BLOCK) return;
    journal.swapOuts.push(block);
    journal.swapOuts.push(target);
    journal.demoted.push(group);
    journal.demoted.push(node);
  }

  #copy(source: number, target: number, journal: StepJournal): void {
    journal.copies.push(source);
    journal.copies.push(target);
  }

  /** Shares what is on the device; what is on the host alone is pinned there, and gets its block when nothing of the match can be evicted any more. */
  #shareMatched(table: BlockTable, group: number, match: PrefixMatch): void {
    table.first = match.firstBlock(group);
    table.count = match.blockCount;
    for (let index = table.first; index < table.count; index++) {
      const node = match.nodeAt(index);
      const block = this.prefixes.blockOf(group, node);
      table.ids[index] = block;
      if (block === NULL_BLOCK) this.prefixes.host.pin(group, node);
      else this.prefixes.share(block);
    }
  }

  #swapMatchedIn(sequence: Sequence, match: PrefixMatch, journal: StepJournal): void {
    for (const [group, table] of sequence.tables.entries()) {
      for (let index = table.first; index < table.count; index++) {
        if (table.ids[index] === NULL_BLOCK) table.ids[index] = this.#swapIn(group, match.nodeAt(index), journal);
      }
    }
  }

  #swapIn(group: number, node: number, journal: StepJournal): number {
    const block = this.#allocate(journal);
    journal.swapIns.push(this.prefixes.host.blockOf(group, node));
    journal.swapIns.push(block);
    this.prefixes.store(node, group, block);
    journal.indexed.push(block);
    journal.indexed.push(node);
    return block;
  }

  /** Holds the sources of a partial match, so that no target that is allocated can be one of them, evicted. */
  #holdPartial(node: number, journal: StepJournal): void {
    for (let group = 0; group < this.groups.length; group++) {
      const source = this.prefixes.blockOf(group, node);
      this.prefixes.share(source);
      journal.sources.push(source);
    }
  }

  #copyPartial(sequence: Sequence, node: number, journal: StepJournal): void {
    for (let group = 0; group < this.groups.length; group++) {
      const target = this.#allocate(journal);
      sequence.tables[group].push(target);
      this.#copy(this.prefixes.blockOf(group, node), target, journal);
    }
    sequence.capacity += this.blockSize;
  }

  /** The plan is complete: later plans run after its copies, so the sources may go. */
  seal(journal: StepJournal): void {
    for (let i = 0; i < journal.sources.length; i++) this.prefixes.release(journal.sources.at(i));
    journal.sources.clear();
    this.prefixes.host.unpin();
  }

  #indexBlock(sequence: Sequence, group: number, node: number, journal: StepJournal | null): void {
    const index = sequence.indexedBlocks;
    const own = sequence.tables[group].ids[index];
    const there = this.prefixes.blockOf(group, node);
    if (there === own) return;
    if (there === NULL_BLOCK) {
      this.prefixes.store(node, group, own);
      if (journal === null) this.prefixes.events?.stored("device", group, node);
      journal?.indexed.push(own);
      journal?.indexed.push(node);
      return;
    }
    this.prefixes.share(there);
    const adoption: Adoption = { sequence, group, index, block: there, settled: false };
    sequence.adoptions.push(adoption);
    if (journal === null) this.#settle(adoption);
    else journal.adoptions.push(adoption);
  }

  /** The equal block takes the place of the request's own, unless a window left it meanwhile. */
  #settle(adoption: Adoption): void {
    const { sequence, group, index, block } = adoption;
    if (!this.#close(adoption)) return;
    const table = sequence.tables[group];
    const own = table.ids[index];
    if (own !== NULL_BLOCK) {
      table.ids[index] = block;
      this.#markRewritten(sequence);
    }
    this.prefixes.release(own === NULL_BLOCK ? block : own);
  }

  #unsettle(adoption: Adoption): void {
    if (this.#close(adoption)) this.prefixes.release(adoption.block);
  }

  /** Takes the adoption off its sequence's list; false where that was done before. */
  #close(adoption: Adoption): boolean {
    if (adoption.settled) return false;
    adoption.settled = true;
    const { adoptions } = adoption.sequence;
    adoptions.splice(adoptions.indexOf(adoption), 1);
    return true;
  }

  #forkTable(table: BlockTable): BlockTable {
    const copy = new BlockTable(table.ids.length);
    copy.first = table.first;
    copy.count = table.count;
    copy.ids.set(table.ids);
    for (let index = table.first; index < table.count; index++) this.prefixes.share(table.ids[index]);
    return copy;
  }
}
