import { assert } from "../assert.ts";
import { IntList } from "../collections/int-list.ts";
import type { BlockPool } from "./block-pool.ts";
import type { BlockSupply } from "./block-supply.ts";
import type { PrefixCache } from "./prefix-cache.ts";
import { PrefixTree } from "./prefix-tree.ts";
import { type Beginning, TableGroup } from "./table-group.ts";
import type { Adoption, StepJournal, Unsharing } from "./step-journal.ts";

/** More tokens than any request has; a small integer, where `Infinity` would not fit the column. */
const NEVER = 2 ** 30 - 1;

/** What the tables are made for. */
export interface BlockTablesOptions {
  readonly pool: BlockPool;
  readonly prefixes: PrefixCache;
  readonly supply: BlockSupply;
  readonly groups: readonly { readonly window: number | null }[];
  readonly blockSize: number;
  readonly slotCount: number;
  readonly tokensInFlight: number;
}

/**
 * The requests' part of the KV cache, by request slot: a block table for each group, and the number of indexed blocks.
 * The plan's columns are these tables.
 *
 * A slot is opened, filled by a match or a fork, extended before each step, and released at the end. A shared block is
 * copied before a write (copy on write): the source is held until the plan that copies it is done.
 *
 * Laws: each table of a slot ends at the same count; each held entry is one reference of its block; a slot that is not
 * open holds nothing.
 */
export class BlockTables {
  readonly blockSize: number;
  readonly groups: readonly TableGroup[];
  /** [slots] one past the last block of each table. */
  readonly counts: Int32Array;
  /** [slots] number of releases of the slot: records of an earlier generation are void. */
  readonly generations: Int32Array;
  /** [slots] known and computed tokens at which the next block can be indexed; `NEVER` if none will be. */
  readonly indexAt: Int32Array;
  /** [slots] blocks that are indexed. */
  readonly indexed: Int32Array;
  /** [slots] node of the last indexed block, a root before the first. That block is always held. */
  readonly tails: Int32Array;
  /** [slots] 1 where other slots may share the last block. */
  readonly forked: Uint8Array;
  /** [slots] equal blocks that wait to take the place of the slot's own. */
  readonly adoptions: readonly Adoption[][];
  /** [slots] copies of plans in flight. */
  readonly unsharings: readonly Unsharing[][];
  /** [slots] root of the domain in the prefix tree. */
  readonly #roots: Int32Array;
  readonly #pool: BlockPool;
  readonly #prefixes: PrefixCache;
  readonly #supply: BlockSupply;
  /** [groups] blocks that are about to be put into tables. */
  readonly #fresh: IntList;

  constructor(options: BlockTablesOptions) {
    const { groups, slotCount, blockSize, tokensInFlight, pool } = options;
    this.#pool = pool;
    this.#prefixes = options.prefixes;
    this.#supply = options.supply;
    this.blockSize = blockSize;
    this.groups = groups.map(
      ({ window }) => new TableGroup({ window, slotCount, blockCount: pool.blockCount, blockSize, tokensInFlight }),
    );
    this.#fresh = new IntList(groups.length);
    this.counts = new Int32Array(slotCount);
    this.generations = new Int32Array(slotCount);
    this.indexAt = new Int32Array(slotCount);
    this.indexed = new Int32Array(slotCount);
    this.tails = new Int32Array(slotCount);
    this.forked = new Uint8Array(slotCount);
    this.adoptions = Array.from({ length: slotCount }, () => []);
    this.unsharings = Array.from({ length: slotCount }, () => []);
    this.#roots = new Int32Array(slotCount);
  }

  /** Gives an empty slot to a request, in a domain of the prefix cache that the caller holds. */
  open(slot: number, domain: number, cacheable: boolean): void {
    assert(this.counts[slot] === 0, () => `open(${slot}): the slot holds blocks`);
    this.#roots[slot] = PrefixTree.rootOf(domain);
    this.setIndexed(slot, this.#roots[slot], 0);
    if (!cacheable) this.stopIndexing(slot);
  }

  /**
   * Blocks, of all groups, that computing positions start <= p < end needs: new blocks, and a copy of a shared last
   * block.
   */
  blocksToReserve(slot: number, start: number, end: number): number {
    const { blockSize, counts, groups } = this;
    const held = counts[slot];
    let blocks = end > held * blockSize ? (Math.ceil(end / blockSize) - held) * groups.length : 0;
    if (this.forked[slot] === 0 || start % blockSize === 0) return blocks;
    const index = Math.floor(start / blockSize);
    for (const group of groups) if (this.#pool.references[group.get(slot, index)] > 1) blocks++;
    return blocks;
  }

  /**
   * Makes positions start <= p < end writable. The caller has made sure of `blocksToReserve` available blocks. Where an
   * eviction throws, it throws, and the tables of all groups still end at the same block.
   */
  reserve(slot: number, start: number, end: number, journal: StepJournal): void {
    if (this.forked[slot] === 1 && start < this.counts[slot] * this.blockSize) {
      this.#unshare(slot, Math.floor(start / this.blockSize), journal);
    }
    for (let index = this.counts[slot]; index * this.blockSize < end; index++) {
      this.#supply.allocateAll(this.groups.length, journal, this.#fresh);
      for (let group = 0; group < this.groups.length; group++) this.put(slot, group, index, this.#fresh.items[group]);
    }
  }

  /** Starts an empty slot with a match: `put` then fills the entries of each group from its first visible block. */
  begin(slot: number, match: Beginning): void {
    assert(this.counts[slot] === 0, () => `begin(${slot}): the slot holds blocks`);
    this.counts[slot] = match.blockCount;
    for (let group = 0; group < this.groups.length; group++) this.groups[group].first[slot] = match.firstBlock(group);
    if (match.blockCount > 0) this.setIndexed(slot, match.nodes.items[match.blockCount - 1], match.blockCount);
  }

  /**
   * Makes a block, whose reference the caller took, entry `index` of the slot's table. An index past the end extends
   * the tables.
   */
  put(slot: number, group: number, index: number, block: number): void {
    const tables = this.groups[group];
    if (tables.window === null && index >= tables.stride) {
      tables.grow(index + 1);
      this.#tellWhole(tables);
    }
    tables.set(slot, index, block);
    if (index >= this.counts[slot] && group === this.groups.length - 1) this.counts[slot] = index + 1;
  }

  /** Tells every slot's whole table, after a failed step: backends may have missed changes. */
  tellAll(): void {
    for (const tables of this.groups) this.#tellWhole(tables);
  }

  #tellWhole(tables: TableGroup): void {
    for (let slot = 0; slot < this.counts.length; slot++) {
      if (this.counts[slot] > tables.first[slot]) tables.noteChanges(slot, tables.first[slot], this.counts[slot]);
    }
  }

  /** Notes that `blocks` blocks are indexed, the last one at node `tail`. */
  setIndexed(slot: number, tail: number, blocks: number): void {
    this.tails[slot] = tail;
    this.indexed[slot] = blocks;
    this.indexAt[slot] = (blocks + 1) * this.blockSize;
  }

  /** Indexes no more of the slot's blocks. */
  stopIndexing(slot: number): void {
    this.indexAt[slot] = NEVER;
  }

  /** Counts no block of any slot as indexed, and indexes no more. */
  detachAll(): void {
    for (let slot = 0; slot < this.counts.length; slot++) {
      this.setIndexed(slot, this.#roots[slot], 0);
      this.stopIndexing(slot);
    }
  }

  /** Releases blocks that no later token sees, after `settled` settled tokens. */
  slide(slot: number, settled: number): void {
    for (const tables of this.groups) {
      const end = this.firstNeeded(slot, settled, tables.window);
      for (let index = tables.first[slot]; index < end; index++) {
        this.#prefixes.release(tables.get(slot, index));
        tables.first[slot] = index + 1;
      }
    }
  }

  /** The first block that a later token sees or that the prefix cache needs. */
  firstNeeded(slot: number, settled: number, window: number | null): number {
    if (window === null) return 0;
    const needed = Math.floor(Math.max(0, settled - window + 1) / this.blockSize);
    // The tail stays, because the next block is indexed below its node. So does the block that becomes the tail again
    // if plans in flight fail.
    return this.indexAt[slot] === NEVER
      ? needed
      : Math.min(needed, this.indexed[slot] - 1, Math.floor(settled / this.blockSize) - 1);
  }

  /** Truncates the slot to `tokenCount` tokens: releases later blocks, tail first. */
  truncate(slot: number, tokenCount: number): void {
    const stopped = this.indexAt[slot] === NEVER;
    while (this.indexed[slot] * this.blockSize > tokenCount) {
      this.setIndexed(slot, this.#prefixes.tree.parentOf(this.tails[slot]), this.indexed[slot] - 1);
    }
    if (stopped) this.stopIndexing(slot);
    // Index by index, all groups at each: a node's blocks go together.
    const end = Math.ceil(tokenCount / this.blockSize);
    for (let index = this.counts[slot] - 1; index >= end; index--) {
      for (const tables of this.groups) {
        if (index >= tables.first[slot]) this.#prefixes.release(tables.get(slot, index));
      }
      this.counts[slot] = index;
    }
  }

  /** Releases all blocks, tail first. The slot may be opened again. */
  release(slot: number): void {
    // Adopts equal blocks first, so that the table alone orders the releases: children before parents.
    while (this.adoptions[slot].length > 0) this.adopt(this.adoptions[slot][0]);
    for (const tables of this.groups) {
      for (let index = this.counts[slot] - 1; index >= tables.first[slot]; index--) {
        this.#prefixes.release(tables.get(slot, index));
      }
      tables.first[slot] = 0;
      tables.forgetChanges(slot);
    }
    this.counts[slot] = 0;
    this.setIndexed(slot, this.#roots[slot], 0);
    this.forked[slot] = 0;
    // Later plans run after the copies of those in flight, so what those read may go.
    for (const { source } of this.unsharings[slot]) this.#prefixes.release(source);
    // To assign the length drops the array's memory.
    if (this.unsharings[slot].length > 0) this.unsharings[slot].length = 0;
    this.generations[slot] = (this.generations[slot] + 1) | 0;
  }

  /**
   * Lets an open slot share the blocks of another slot's first `tokenCount` tokens; the first writer of a shared block
   * copies it. Pending adoptions apply to both slots, and a failed plan undoes its copies in both.
   */
  fork(from: number, to: number, tokenCount: number): void {
    const count = Math.min(this.counts[from], Math.ceil(tokenCount / this.blockSize));
    this.#roots[to] = this.#roots[from];
    this.setIndexed(to, this.tails[from], this.indexed[from]);
    this.indexAt[to] = this.indexAt[from];
    for (const [group, tables] of this.groups.entries()) {
      tables.first[to] = tables.first[from];
      for (let index = tables.first[from]; index < count; index++) {
        this.#prefixes.share(tables.get(from, index));
        this.put(to, group, index, tables.get(from, index));
      }
    }
    this.counts[to] = count;
    this.forked[from] = 1;
    this.forked[to] = 1;
    this.truncate(to, tokenCount);
    for (const adoption of this.adoptions[from]) {
      if (adoption.index < count) this.noteAdoption({ ...adoption, slot: to });
    }
    for (const unsharing of this.unsharings[from]) {
      if (unsharing.index >= count) continue;
      this.#prefixes.share(unsharing.source);
      this.#noteUnsharing({ ...unsharing, slot: to, generation: this.generations[to] });
    }
  }

  /** Records an adoption: the slot holds the equal block until it is settled. Returns the adoption. */
  noteAdoption(adoption: Adoption): Adoption {
    this.#prefixes.share(adoption.block);
    this.adoptions[adoption.slot].push(adoption);
    adoption.journal?.adoptions.push(adoption);
    return adoption;
  }

  #unshare(slot: number, index: number, journal: StepJournal): void {
    for (const [group, tables] of this.groups.entries()) {
      const source = tables.get(slot, index);
      if (this.#pool.references[source] === 1) continue;
      const target = this.#supply.allocate(journal);
      tables.set(slot, index, target);
      journal.copy(source, target);
      this.#noteUnsharing({ slot, generation: this.generations[slot], group, index, source, target, journal });
    }
    this.forked[slot] = 0;
  }

  #noteUnsharing(unsharing: Unsharing): void {
    this.unsharings[unsharing.slot].push(unsharing);
    unsharing.journal.unshared.push(unsharing);
  }

  /**
   * The plan of the copy is done, well or not. Returns the block that it read, which is to be let go; null where the
   * slot was released, and that block with it.
   */
  closeUnsharing(unsharing: Unsharing): number | null {
    const { slot, generation, source } = unsharing;
    if (this.generations[slot] !== generation) return null;
    const unsharings = this.unsharings[slot];
    unsharings.splice(unsharings.indexOf(unsharing), 1);
    return source;
  }

  /** Undoes a copy: the slot shares the old block again. */
  takeBack(slot: number, group: number, index: number, block: number): void {
    this.groups[group].set(slot, index, block);
    this.forked[slot] = 1;
  }

  /**
   * Replaces the slot's own block by the equal one, unless a window has passed it. Does nothing for a settled adoption.
   */
  adopt(adoption: Adoption): void {
    const { slot, group, index, block } = adoption;
    if (!this.closeAdoption(adoption)) return;
    const tables = this.groups[group];
    if (index < tables.first[slot]) {
      this.#prefixes.release(block);
      return;
    }
    const own = tables.get(slot, index);
    tables.set(slot, index, block);
    this.#prefixes.release(own);
  }

  /** Removes the adoption from its slot's list; false if it was removed before. */
  closeAdoption(adoption: Adoption): boolean {
    if (adoption.settled) return false;
    adoption.settled = true;
    const adoptions = this.adoptions[adoption.slot];
    adoptions.splice(adoptions.indexOf(adoption), 1);
    return true;
  }
}
