import { NULL_BLOCK } from "../config.ts";
import type { IntList } from "../collections/int-list.ts";
import type { BlockPool } from "./block-pool.ts";
import type { PrefixCache } from "./prefix-cache.ts";
import type { StepJournal } from "./step-journal.ts";

/**
 * Allocates device blocks: free ones first, then evicted ones, which are swapped out to the host tier if that is worth
 * it.
 */
export class BlockSupply {
  readonly #pool: BlockPool;
  readonly #prefixes: PrefixCache;
  readonly #worthSwapping: (block: number) => boolean;
  readonly #onEvict: ((block: number) => void) | undefined;

  constructor(options: {
    pool: BlockPool;
    prefixes: PrefixCache;
    worthSwapping: (block: number) => boolean;
    onEvict: ((block: number) => void) | undefined;
  }) {
    this.#pool = options.pool;
    this.#prefixes = options.prefixes;
    this.#worthSwapping = options.worthSwapping;
    this.#onEvict = options.onEvict;
  }

  /** Allocates a block with one holder. The caller has checked that a block is available. */
  allocate(journal: StepJournal): number {
    if (this.#pool.freeCount === 0) this.#evict(journal);
    return this.#pool.acquire();
  }

  /** Fills `blocks` with `count` new blocks, each with one holder. If an eviction throws, it takes none and throws. */
  allocateAll(count: number, journal: StepJournal, blocks: IntList): void {
    blocks.length = 0;
    try {
      while (blocks.length < count) blocks.push(this.allocate(journal));
    } catch (error) {
      for (let i = 0; i < blocks.length; i++) this.#pool.release(blocks.items[i]);
      throw error;
    }
  }

  /** The plan fills this new block from the node's copy on the host. Returns the block. */
  swapIn(group: number, node: number, block: number, journal: StepJournal): number {
    journal.swapIns.push(this.#prefixes.host.blockOf(group, node));
    journal.swapIns.push(block);
    this.#prefixes.store(node, group, block);
    journal.indexed.push(block);
    journal.indexed.push(node);
    return block;
  }

  /** Evicts a cached block. If swapping is cheaper than recomputation, the plan swaps it out first. */
  #evict(journal: StepJournal): void {
    const prefixes = this.#prefixes;
    const block = prefixes.eviction.victim();
    this.#onEvict?.(block);
    const node = this.#pool.labels[block];
    const group = prefixes.groupOf(node, block);
    const isCopied = prefixes.host.blockOf(group, node) !== NULL_BLOCK;
    if (prefixes.host.blockCount > 0 && !isCopied && this.#worthSwapping(block)) {
      const target = prefixes.storeOnHost(group, node);
      if (target !== NULL_BLOCK) {
        journal.swapOuts.push(block);
        journal.swapOuts.push(target);
        journal.demoted.push(group);
        journal.demoted.push(node);
      }
    }
    prefixes.drop(block);
  }
}
