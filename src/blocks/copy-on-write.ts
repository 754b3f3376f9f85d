import type { BlockPool } from "./block-pool.ts";
import type { BlockSupply } from "./block-supply.ts";
import type { Sequence, Unsharing } from "./block-table.ts";
import type { Indexer } from "./indexer.ts";
import type { PrefixCache } from "./prefix-cache.ts";
import type { StepJournal } from "./step-journal.ts";

/**
 * Forked sequences share blocks; whoever writes into a shared one gets a copy. The old block is held until the plan that
 * copies it is done, and so is not written by a sibling either: when the plan fails there is no copy, and the sequence
 * needs the old block back as it was.
 */
export class CopyOnWrite {
  readonly #pool: BlockPool;
  readonly #prefixes: PrefixCache;
  readonly #supply: BlockSupply;
  readonly #indexer: Indexer;

  constructor(options: { pool: BlockPool; prefixes: PrefixCache; supply: BlockSupply; indexer: Indexer }) {
    this.#pool = options.pool;
    this.#prefixes = options.prefixes;
    this.#supply = options.supply;
    this.#indexer = options.indexer;
  }

  /** Blocks that writing at `position` would copy. */
  blocksToUnshare(sequence: Sequence, position: number): number {
    if (!sequence.forked || position % sequence.blockSize === 0) return 0;
    const index = Math.floor(position / sequence.blockSize);
    return sequence.tables.reduce((sum, table) => sum + (this.#pool.referenceCount(table.ids[index]) > 1 ? 1 : 0), 0);
  }

  /** Copies the blocks that `position` is written to where siblings share them. */
  unshare(sequence: Sequence, position: number, journal: StepJournal): void {
    const index = Math.floor(position / sequence.blockSize);
    for (const [group, table] of sequence.tables.entries()) {
      const source = table.ids[index];
      if (this.#pool.referenceCount(source) === 1) continue;
      const target = this.#supply.allocate(journal);
      table.ids[index] = target;
      journal.copy(source, target);
      const unsharing: Unsharing = { sequence, group, index, source, target, ofPlan: journal.unshared };
      journal.unshared.push(unsharing);
      sequence.unsharings.push(unsharing);
    }
    sequence.forked = false;
    this.#indexer.markRewritten(sequence);
  }

  /**
   * What a new sibling takes over of plans in flight: adoptions, which put equal blocks in the place of computed ones when the plan is done,
   * and copies, which have no content if it fails.
   */
  inherit(sequence: Sequence, sibling: Sequence): void {
    for (const adoption of sequence.adoptions) {
      this.#prefixes.share(adoption.block);
      const inherited = { ...adoption, sequence: sibling };
      sibling.adoptions.push(inherited);
      adoption.ofPlan.push(inherited);
    }
    for (const unsharing of sequence.unsharings) {
      this.#prefixes.share(unsharing.source);
      const inherited = { ...unsharing, sequence: sibling };
      sibling.unsharings.push(inherited);
      unsharing.ofPlan.push(inherited);
    }
  }

  /** The copies were made. */
  settle(journal: StepJournal): void {
    for (const unsharing of journal.unshared) this.#close(unsharing, unsharing.source);
  }

  /** The copies were not made: sequences that still have one take the old block back. */
  revert(journal: StepJournal): void {
    for (const unsharing of journal.unshared) {
      const { sequence, group, index, source, target } = unsharing;
      const { ids } = sequence.tables[group];
      const hasLeft = ids[index] !== target;
      this.#close(unsharing, hasLeft ? source : target);
      if (hasLeft) continue;
      ids[index] = source;
      sequence.forked = true;
      this.#indexer.markRewritten(sequence);
    }
  }

  #close(unsharing: Unsharing, block: number): void {
    const { unsharings } = unsharing.sequence;
    unsharings.splice(unsharings.indexOf(unsharing), 1);
    this.#prefixes.release(block);
  }
}
