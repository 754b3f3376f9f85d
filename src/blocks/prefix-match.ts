import { NULL_BLOCK } from "../config.ts";
import type { BlockPool } from "./block-pool.ts";
import type { BlockSupply } from "./block-supply.ts";
import type { BlockTables } from "./block-tables.ts";
import { IntList } from "../collections/int-list.ts";
import { findPartial } from "./partial-match.ts";
import type { PrefixCache } from "./prefix-cache.ts";
import { StepJournal } from "./step-journal.ts";

/** For looks at the cache outside a plan. */
const NO_JOURNAL = new StepJournal();

/** A cached prefix of some tokens. The object is reused: valid until the next search. */
export class PrefixMatch {
  /** Whole blocks matched. */
  blockCount = 0;
  /** Node whose block shares the longest prefix with the following tokens, and is copied; 0 for none. */
  partialNode = 0;
  /** Tokens matched, the partial block's included. */
  tokenCount = 0;
  readonly #cache: PrefixCache;
  readonly #windows: readonly (number | null)[];
  /** [blockCount] the blocks' nodes; then nodes of a longer beginning that lacks blocks. */
  readonly nodes = new IntList();
  readonly #fresh = new IntList();
  /** By group: how many blocks up to here are resident without a gap. */
  readonly #run: Int32Array;

  constructor(cache: PrefixCache, groups: readonly { readonly window: number | null }[]) {
    this.#cache = cache;
    this.#windows = groups.map((group) => group.window);
    this.#run = new Int32Array(groups.length);
  }

  /** The first of `blocks` blocks that the next token of a group still sees. */
  firstBlock(group: number, blocks = this.blockCount): number {
    const window = this.#windows[group];
    if (window === null) return 0;
    const size = this.#cache.tree.blockSize;
    // The tail is kept although no token may see it: its node must live.
    return Math.max(0, Math.min(Math.floor(Math.max(0, blocks * size - window + 1) / size), blocks - 1));
  }

  /** Available blocks that the match takes: cached blocks that become held, and new blocks for the partial copy. */
  blocksTaken(pool: BlockPool): number {
    let taken = 0;
    for (let group = 0; group < this.#run.length; group++) taken += this.blocksTakenIn(group, pool);
    return taken;
  }

  /** The same, of one group. */
  blocksTakenIn(group: number, pool: BlockPool): number {
    let taken = 0;
    for (let index = this.firstBlock(group); index < this.blockCount; index++) {
      // A block that is only on the host needs a device block, too: NULL_BLOCK has no references.
      if (pool.references[this.#cache.blockOf(group, this.nodes.items[index])] === 0) taken++;
    }
    if (this.partialNode === 0) return taken;
    return taken + 1 + (pool.references[this.#cache.blockOf(group, this.partialNode)] === 0 ? 1 : 0);
  }

  /**
   * Starts an empty slot with the match: device blocks are shared, blocks that are only on the host are swapped in, and
   * the plan copies a partial block. The caller has made sure of `blocksTaken` available blocks. Where an eviction
   * throws, it throws, and the slot is empty.
   */
  attach(
    slot: number,
    { tables, supply }: { readonly tables: BlockTables; readonly supply: BlockSupply },
    journal: StepJournal,
  ): void {
    const blocks = this.#fresh;
    const groupCount = this.#run.length;
    // Held first, so that no block that is allocated can be one of the match's, evicted.
    const missing = this.#hold(journal);
    try {
      supply.allocateAll(missing, journal, blocks);
    } catch (error) {
      this.#letGo();
      throw error;
    }
    tables.begin(slot, this);
    let next = 0;
    for (let group = 0; group < groupCount; group++) {
      for (let index = this.firstBlock(group); index < this.blockCount; index++) {
        const node = this.nodes.items[index];
        const there = this.#cache.blockOf(group, node);
        tables.put(
          slot,
          group,
          index,
          there === NULL_BLOCK ? supply.swapIn(group, node, blocks.items[next++], journal) : there,
        );
      }
    }
    if (this.partialNode === 0) return;
    for (let group = 0; group < groupCount; group++) {
      tables.put(slot, group, this.blockCount, blocks.items[next]);
      journal.copy(this.#cache.blockOf(group, this.partialNode), blocks.items[next++]);
    }
  }

  /**
   * Holds the match's blocks on the device, and pins copies that are only on the host. Returns the number of new blocks
   * that the match takes.
   */
  #hold(journal: StepJournal): number {
    const groupCount = this.#run.length;
    let missing = this.partialNode === 0 ? 0 : groupCount;
    for (let group = 0; this.partialNode !== 0 && group < groupCount; group++) {
      const source = this.#cache.blockOf(group, this.partialNode);
      this.#cache.share(source);
      journal.sources.push(source);
    }
    for (let group = 0; group < groupCount; group++) {
      for (let index = this.firstBlock(group); index < this.blockCount; index++) {
        const node = this.nodes.items[index];
        const block = this.#cache.blockOf(group, node);
        if (block !== NULL_BLOCK) this.#cache.share(block);
        else {
          this.#cache.host.pin(group, node);
          missing++;
        }
      }
    }
    return missing;
  }

  /** Takes `#hold` back, tails first. The journal's seal lets the partial blocks and what is pinned go. */
  #letGo(): void {
    for (let group = 0; group < this.#run.length; group++) {
      for (let index = this.blockCount - 1; index >= this.firstBlock(group); index--) {
        const block = this.#cache.blockOf(group, this.nodes.items[index]);
        if (block !== NULL_BLOCK) this.#cache.release(block);
      }
    }
  }

  /** Drops the partial block: its source and its copy need a block each, which a nearly full pool lacks. */
  dropPartial(): void {
    this.partialNode = 0;
    this.tokenCount = this.blockCount * this.#cache.tree.blockSize;
  }

  clear(): void {
    this.blockCount = 0;
    this.partialNode = 0;
    this.tokenCount = 0;
    this.nodes.length = 0;
    this.#run.fill(0);
  }

  /** Finds the longest match of `tokens[0 .. limit)` under `root` that every group can take. O(blocks touched). */
  search(root: number, tokens: Int32Array, limit: number, journal = NO_JOURNAL): void {
    const { tree } = this.#cache;
    this.clear();
    let parent = root;
    for (let blocks = 1; blocks * tree.blockSize <= limit; blocks++) {
      const node = tree.find(parent, tokens, (blocks - 1) * tree.blockSize);
      if (node === 0 || !this.#step(node)) break;
      this.nodes.push(node);
      parent = node;
      if (this.#complete(blocks)) this.blockCount = blocks;
    }
    this.tokenCount = this.blockCount * tree.blockSize;
    this.#searchPartial(this.blockCount === 0 ? root : this.nodes.items[this.blockCount - 1], tokens, limit, journal);
  }

  #searchPartial(parent: number, tokens: Int32Array, limit: number, journal: StepJournal): void {
    const { tree } = this.#cache;
    const left = limit - this.tokenCount;
    if (left <= 0) return;
    const node = findPartial(tree, { parent, tokens, start: this.tokenCount, limit: left }, (child) =>
      this.#copyable(child, journal),
    );
    if (node === 0) return;
    this.partialNode = node;
    this.tokenCount += tree.commonLength(node, tokens, this.tokenCount, Math.min(left, tree.blockSize));
  }

  /** On the device in every group, and computed by a plan before the copying one. */
  #copyable(node: number, journal: StepJournal): boolean {
    for (let group = 0; group < this.#run.length; group++) {
      const block = this.#cache.blockOf(group, node);
      if (block === NULL_BLOCK || journal.computes(block)) return false;
    }
    return true;
  }

  /** Extends the runs by the node's blocks; false if a group without a window has a gap. */
  #step(node: number): boolean {
    for (let group = 0; group < this.#run.length; group++) {
      const resident = this.#cache.isResident(group, node);
      if (!resident && this.#windows[group] === null) return false;
      this.#run[group] = resident ? this.#run[group] + 1 : 0;
    }
    return true;
  }

  /** Whether every group has all blocks that the token after `blocks` blocks sees. */
  #complete(blocks: number): boolean {
    for (let group = 0; group < this.#run.length; group++) {
      if (this.#run[group] < blocks - this.firstBlock(group, blocks)) return false;
    }
    return true;
  }
}
