import { assert } from "../../assert.ts";
import type { CachedBlocks, EvictionPolicy, EvictionStorage } from "../../blocks/eviction.ts";
import { checkOptions } from "../../option-checks.ts";
import { LeafQueue } from "./leaf-queue.ts";

/**
 * GreedyDual-Size-Frequency: gives up the leaf of least value, clock + uses * cost, and sets the clock to that value;
 * all blocks are of one size. What is used often or costs much to compute stays, until the clock has passed it: what
 * was popular once goes. O(log n). Source: Cherkasova, 1998, for web proxies; RAGCache (arXiv 2404.12457) for prefixes.
 *
 * `cost`: of computing a block again, by the number of blocks above it, in any unit. By default all cost the same:
 * attention to what is before doubles a block's cost only beyond some 25,000 tokens (Llama-7B: 2 * 6.7e9 operations a
 * token and 4 * 4096 * 32 for each one before).
 */
export function costAware(cost?: (depth: number) => number): EvictionPolicy {
  checkOptions({ cost }, { cost: "function" });
  return new GreedyDual(cost);
}

class GreedyDual implements EvictionPolicy {
  readonly name = "cost-aware";
  readonly #costAt: ((depth: number) => number) | undefined;
  #storage: EvictionStorage | undefined;
  #queue!: LeafQueue;
  #blocks!: CachedBlocks;
  #uses!: Uint32Array;
  /** By block: 0 until it was asked for. */
  #costs!: Float64Array;
  #clock = 0;

  constructor(cost: ((depth: number) => number) | undefined) {
    this.#costAt = cost;
  }

  attach(storage: EvictionStorage, blocks: CachedBlocks): void {
    assert(this.#storage === undefined || this.#storage === storage, "an eviction policy serves one cache");
    const { blockCount } = storage;
    this.#storage = storage;
    this.#queue = new LeafQueue(blockCount, blocks);
    this.#blocks = blocks;
    this.#uses = new Uint32Array(blockCount + 1).fill(1);
    this.#costs = new Float64Array(blockCount + 1);
  }

  add(block: number): void {
    this.#queue.add(block, this.#clock + this.#uses[block] * this.#costOf(block));
  }

  remove(block: number): void {
    this.#queue.remove(block);
  }

  hit(block: number): void {
    this.#uses[block]++;
  }

  becameLeaf(block: number): void {
    this.#queue.becameLeaf(block);
  }

  dropped(block: number): void {
    this.#uses[block] = 1;
    this.#costs[block] = 0;
  }

  victim(): number {
    const block = this.#queue.least;
    this.#clock = Math.max(this.#clock, this.#queue.keyOf(block));
    return block;
  }

  /** Asked once: a block's place in its chain is for good, and finding it walks up the chain. */
  #costOf(block: number): number {
    if (this.#costAt === undefined) return 1;
    if (this.#costs[block] === 0) this.#costs[block] = this.#costAt(this.#blocks.depth(block));
    return this.#costs[block];
  }
}
