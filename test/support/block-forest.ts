import type { CachedBlocks, EvictionPolicy } from "../../src/blocks/eviction.ts";
import { createLinks } from "../../src/collections/linked-queue.ts";

/**
 * Blocks and their parents, 0 for none, with an eviction policy that is told of them as the prefix cache would tell it.
 */
export class BlockForest implements CachedBlocks {
  readonly cached = new Set<number>();
  readonly #parents: readonly number[];
  readonly #resident: Set<number>;
  readonly #policy: EvictionPolicy;

  /** `parents[i]`: the parent of block i + 1. All are held at first. */
  constructor(policy: EvictionPolicy, parents: readonly number[]) {
    this.#policy = policy;
    this.#parents = [0, ...parents];
    this.#resident = new Set(parents.map((_, index) => index + 1));
    policy.attach({ blockCount: parents.length, links: createLinks(parents.length) }, this);
  }

  isLeaf(block: number): boolean {
    return !this.#parents.some((parent, child) => parent === block && this.#resident.has(child));
  }

  depth(block: number): number {
    let depth = 0;
    for (let parent = this.#parents[block]; parent !== 0; parent = this.#parents[parent]) depth++;
    return depth;
  }

  /** Lets go of these, in this order: children before parents. */
  release(...blocks: readonly number[]): this {
    for (const block of blocks) {
      this.cached.add(block);
      this.#policy.add(block);
    }
    return this;
  }

  /** Takes a chain's blocks, parents before children. */
  hold(...blocks: readonly number[]): this {
    for (const block of blocks) {
      if (this.cached.delete(block)) this.#policy.remove(block);
      this.#policy.hit?.(block);
    }
    return this;
  }

  /** Takes a chain's blocks and lets go of them again. */
  use(...blocks: readonly number[]): this {
    return this.hold(...blocks).release(...blocks.toReversed());
  }

  /** Gives a block up. */
  evict(): number {
    const block = this.#policy.victim();
    this.cached.delete(block);
    this.#policy.remove(block);
    this.#policy.dropped?.(block);
    this.#resident.delete(block);
    const parent = this.#parents[block];
    if (this.cached.has(parent) && this.isLeaf(parent)) this.#policy.becameLeaf?.(parent);
    return block;
  }

  /** Gives all up, in order. */
  drain(): number[] {
    return Array.from({ length: this.cached.size }, () => this.evict());
  }

  /** The block, held until now, is not there. */
  absent(block: number): void {
    this.#resident.delete(block);
  }

  /** The block is held again, with something else in it. */
  refill(block: number): this {
    this.#resident.add(block);
    return this;
  }
}
