import { NULL_BLOCK } from "../config.ts";
import type { BlockPool } from "./block-pool.ts";
import type { BlockSupply } from "./block-supply.ts";
import type { Adoption, Sequence } from "./block-table.ts";
import type { KvEvents } from "./events.ts";
import type { PrefixCache } from "./prefix-cache.ts";
import type { StepJournal } from "./step-journal.ts";

/**
 * Puts full blocks into the prefix cache when the plan that computes them is issued, makes that final when it is
 * committed, and takes it back when it fails.
 *
 * Where an equal block is there already, the request computes its own nevertheless, and takes the other's place at commit.
 */
export class Indexer {
  /** Table entries replaced by equal blocks so far: copies of tables are stale when it has changed. */
  rewriteCount = 0;
  readonly #pool: BlockPool;
  readonly #prefixes: PrefixCache;
  readonly #supply: BlockSupply;

  constructor(options: { pool: BlockPool; prefixes: PrefixCache; supply: BlockSupply }) {
    this.#pool = options.pool;
    this.#prefixes = options.prefixes;
    this.#supply = options.supply;
  }

  /**
   * Puts the full blocks of `tokens[0 .. upTo)` into the prefix cache. With a journal the plan behind it computes them:
   * its rollback takes them out again; without one they are there already.
   */
  index(sequence: Sequence, tokens: Int32Array, upTo: number, journal: StepJournal | null): void {
    while (sequence.indexAt <= upTo) {
      const node = this.#prefixes.intern(sequence.tail, tokens, sequence.indexedBlocks * sequence.blockSize);
      if (node === 0) {
        sequence.stopIndexing();
        return;
      }
      for (let group = 0; group < this.#prefixes.groupCount; group++) this.#indexBlock(sequence, group, node, journal);
      sequence.tail = node;
      sequence.setIndexed(sequence.indexedBlocks + 1);
    }
  }

  /** The plan was committed: what it indexed stays. */
  settle(journal: StepJournal): void {
    for (let i = 0; i < journal.adoptions.length; i++) this.adopt(journal.adoptions[i]);
    if (this.#prefixes.events !== undefined) this.#publish(journal, this.#prefixes.events);
    journal.clear();
  }

  /** The plan failed, and its requests' sequences were truncated or emptied: what it indexed goes. */
  revert(journal: StepJournal): void {
    for (let i = journal.indexed.length - 2; i >= 0; i -= 2) {
      const block = journal.indexed.at(i);
      if (this.#pool.labelOf(block) === journal.indexed.at(i + 1)) this.#prefixes.drop(block);
    }
    // Newest first: a chain's tail is let go before its head, so that it is evicted first.
    for (let i = journal.adoptions.length - 1; i >= 0; i--) this.#unsettle(journal.adoptions[i]);
    for (let i = 0; i < journal.demoted.length; i += 2) this.#supply.undoSwapOut(journal.demoted.at(i), journal.demoted.at(i + 1), journal.swapOuts.at(i + 1));
    journal.clear();
  }

  /** The equal block takes the place of the request's own, unless a window left it meanwhile. */
  adopt(adoption: Adoption): void {
    const { sequence, group, index, block } = adoption;
    if (!this.#close(adoption)) return;
    const table = sequence.tables[group];
    const own = table.ids[index];
    if (own !== NULL_BLOCK) {
      table.ids[index] = block;
      this.markRewritten(sequence);
    }
    this.#prefixes.release(own === NULL_BLOCK ? block : own);
  }

  /** A table entry was replaced. */
  markRewritten(sequence: Sequence): void {
    sequence.rewritten = true;
    this.rewriteCount++;
  }

  #indexBlock(sequence: Sequence, group: number, node: number, journal: StepJournal | null): void {
    const index = sequence.indexedBlocks;
    const own = sequence.tables[group].ids[index];
    const there = this.#prefixes.blockOf(group, node);
    if (there === own) return;
    if (there === NULL_BLOCK) {
      this.#prefixes.store(node, group, own);
      if (journal === null) this.#prefixes.events?.stored("device", group, node);
      journal?.indexed.push(own);
      journal?.indexed.push(node);
      return;
    }
    this.#prefixes.share(there);
    const adoption: Adoption = { sequence, group, index, block: there, ofPlan: journal?.adoptions ?? [], settled: false };
    sequence.adoptions.push(adoption);
    if (journal === null) this.adopt(adoption);
    else journal.adoptions.push(adoption);
  }

  #unsettle(adoption: Adoption): void {
    if (this.#close(adoption)) this.#prefixes.release(adoption.block);
  }

  /** Takes the adoption off its sequence's list; false where that was done before. */
  #close(adoption: Adoption): boolean {
    if (adoption.settled) return false;
    adoption.settled = true;
    const { adoptions } = adoption.sequence;
    adoptions.splice(adoptions.indexOf(adoption), 1);
    return true;
  }

  /** What the plan made matchable is there now. */
  #publish(journal: StepJournal, events: KvEvents): void {
    for (let i = 0; i < journal.indexed.length; i += 2) {
      const block = journal.indexed.at(i);
      const node = journal.indexed.at(i + 1);
      if (this.#pool.labelOf(block) === node) events.stored("device", this.#prefixes.groupOf(node, block), node);
    }
    for (let i = 0; i < journal.demoted.length; i += 2) {
      const group = journal.demoted.at(i);
      const node = journal.demoted.at(i + 1);
      if (this.#prefixes.host.blockOf(group, node) === journal.swapOuts.at(i + 1)) events.stored("host", group, node);
    }
  }
}
