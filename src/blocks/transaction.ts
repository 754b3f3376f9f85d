import { NULL_BLOCK } from "../config.ts";
import type { BlockPool } from "./block-pool.ts";
import type { BlockTables } from "./block-tables.ts";
import type { PrefixCache } from "./prefix-cache.ts";
import type { StepJournal, Unsharing } from "./step-journal.ts";

/**
 * Indexes full blocks in the prefix cache when the plan that computes them is made, and commits or rolls back a plan's
 * changes.
 *
 * If an equal block is indexed already, the request computes its own block all the same and adopts the equal one at the
 * commit. A block that only a plan in flight computes is adopted by no committed one: that plan may fail.
 */
export class Transactions {
  readonly #pool: BlockPool;
  readonly #prefixes: PrefixCache;
  readonly #tables: BlockTables;
  /** Of plans that are neither committed nor rolled back; null where one was. An array that empties leaves garbage. */
  readonly #open: (StepJournal | null)[] = [];

  constructor(options: { pool: BlockPool; prefixes: PrefixCache; tables: BlockTables }) {
    this.#pool = options.pool;
    this.#prefixes = options.prefixes;
    this.#tables = options.tables;
  }

  /**
   * Puts the slot's full blocks of `tokens[0 .. upTo)` into the prefix cache. With a journal the plan behind it
   * computes them: its rollback takes them out again; without one they are there already, and where only a plan in
   * flight computes an equal block, the slot keeps its own and indexes no more.
   */
  index(slot: number, tokens: Int32Array, upTo: number, journal: StepJournal | null): void {
    const tables = this.#tables;
    if (journal !== null) this.#noteOpen(journal);
    while (tables.indexAt[slot] <= upTo) {
      const index = tables.indexed[slot];
      const node = this.#prefixes.intern(tables.tails[slot], tokens, index * tables.blockSize);
      if (node === 0 || (journal === null && this.#isInFlight(node))) {
        tables.stopIndexing(slot);
        return;
      }
      for (let group = 0; group < tables.groups.length; group++) this.#indexBlock(slot, group, node, journal);
      tables.setIndexed(slot, node, index + 1);
    }
  }

  /** The plan is complete: later plans run after its copies and swaps, so their sources may be released. */
  seal(journal: StepJournal): void {
    for (let i = 0; i < journal.sources.length; i++) this.#prefixes.release(journal.sources.items[i]);
    journal.sources.length = 0;
    this.#prefixes.host.unpin();
    this.#noteOpen(journal);
  }

  /** Commits the plan: its indexed blocks stay and are published. */
  commit(journal: StepJournal): void {
    // By index: an iterator would be left to the collector in each step.
    for (let i = 0; i < journal.unshared.length; i++) {
      const source = this.#tables.closeUnsharing(journal.unshared[i]);
      if (source !== null) this.#prefixes.release(source);
    }
    for (let i = 0; i < journal.adoptions.length; i++) this.#tables.adopt(journal.adoptions[i]);
    if (this.#prefixes.events !== undefined) this.#publish(journal);
    this.#close(journal);
  }

  /**
   * Rolls the plan back, after its requests' tables were truncated or released: its indexed blocks leave the prefix
   * cache.
   */
  rollBack(journal: StepJournal): void {
    for (const unsharing of journal.unshared) this.#shareAgain(unsharing);
    for (let i = journal.indexed.length - 2; i >= 0; i -= 2) {
      const block = journal.indexed.items[i];
      if (this.#pool.labels[block] === journal.indexed.items[i + 1]) this.#prefixes.drop(block);
    }
    // Newest first: a chain's tail is released before its head, so that it is evicted first.
    for (let i = journal.adoptions.length - 1; i >= 0; i--) {
      if (this.#tables.closeAdoption(journal.adoptions[i])) this.#prefixes.release(journal.adoptions[i].block);
    }
    for (let i = 0; i < journal.demoted.length; i += 2) {
      const group = journal.demoted.items[i];
      const node = journal.demoted.items[i + 1];
      const isStored = this.#prefixes.host.blockOf(group, node) === journal.swapOuts.items[i + 1];
      if (isStored) this.#prefixes.dropFromHost(group, node);
    }
    this.#close(journal);
  }

  #close(journal: StepJournal): void {
    journal.clear();
    const at = this.#open.indexOf(journal);
    if (at >= 0) this.#open[at] = null;
  }

  #noteOpen(journal: StepJournal): void {
    if (this.#open.includes(journal)) return;
    const at = this.#open.indexOf(null);
    this.#open[at < 0 ? this.#open.length : at] = journal;
  }

  /** Whether some block of the node is computed by a plan that may still fail. */
  #isInFlight(node: number): boolean {
    for (let group = 0; group < this.#prefixes.groupCount; group++) {
      const block = this.#prefixes.blockOf(group, node);
      if (block !== NULL_BLOCK && this.#open.some((journal) => journal?.computes(block))) return true;
    }
    return false;
  }

  /** The copy was not made: a slot that still holds it takes the old block back. */
  #shareAgain(unsharing: Unsharing): void {
    const { slot, group, index, target } = unsharing;
    const source = this.#tables.closeUnsharing(unsharing);
    if (source === null) return;
    const stays = index < this.#tables.counts[slot];
    this.#prefixes.release(stays ? target : source);
    if (stays) this.#tables.takeBack(slot, group, index, source);
  }

  /** Indexes the next block of one group. */
  #indexBlock(slot: number, group: number, node: number, journal: StepJournal | null): void {
    const index = this.#tables.indexed[slot];
    const own = this.#tables.groups[group].get(slot, index);
    const there = this.#prefixes.blockOf(group, node);
    if (there === own) return;
    if (there === NULL_BLOCK) {
      this.#prefixes.store(node, group, own);
      if (journal === null) this.#prefixes.events?.stored("device", group, node);
      journal?.indexed.push(own);
      journal?.indexed.push(node);
      return;
    }
    const adoption = this.#tables.noteAdoption({ slot, group, index, block: there, journal, settled: false });
    if (journal === null) this.#tables.adopt(adoption);
  }

  /** Publishes events of blocks that the plan has computed. */
  #publish(journal: StepJournal): void {
    const events = this.#prefixes.events!;
    for (let i = 0; i < journal.indexed.length; i += 2) {
      const block = journal.indexed.items[i];
      const node = journal.indexed.items[i + 1];
      if (this.#pool.labels[block] === node) events.stored("device", this.#prefixes.groupOf(node, block), node);
    }
    for (let i = 0; i < journal.demoted.length; i += 2) {
      const group = journal.demoted.items[i];
      const node = journal.demoted.items[i + 1];
      if (this.#prefixes.host.blockOf(group, node) === journal.swapOuts.items[i + 1]) {
        events.stored("host", group, node);
      }
    }
  }
}
