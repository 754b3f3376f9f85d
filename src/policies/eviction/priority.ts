import { assert } from "../../assert.ts";
import type { CachedBlocks, EvictionPolicy, EvictionStorage } from "../../blocks/eviction.ts";
import { InvalidOptionError } from "../../errors.ts";
import { BlockHeap } from "./block-heap.ts";
import { LeafQueue } from "./leaf-queue.ts";

/** Of blocks without a retention (TensorRT-LLM). */
const DEFAULT_PRIORITY = 35;

const MAX_PRIORITY = 100;

/**
 * By retention priority: gives up the leaf of the lowest, of equal ones the least recently used. `retain` sets a
 * block's priority until a time, after which it has the default again; where several requests share a block, the
 * greatest priority stands. O(log n). Blocks of a greater priority outlive all of a lesser, but a parent never goes
 * before its child. Source: TensorRT-LLM's retention configuration.
 */
export function priority(defaultPriority = DEFAULT_PRIORITY): EvictionPolicy {
  if (!(defaultPriority >= 0 && defaultPriority <= MAX_PRIORITY)) {
    throw new InvalidOptionError(`defaultPriority must be in [0, ${MAX_PRIORITY}], got ${defaultPriority}`);
  }
  return new RetentionPriority(defaultPriority);
}

/** Law: `#expiring` holds exactly the blocks whose priority ends at a time, held or cached, soonest first. */
class RetentionPriority implements EvictionPolicy {
  readonly name = "priority";
  readonly #default: number;
  #storage: EvictionStorage | undefined;
  #queue!: LeafQueue;
  #expiring!: BlockHeap;
  #priorities!: Float64Array;

  constructor(defaultPriority: number) {
    this.#default = defaultPriority;
  }

  attach(storage: EvictionStorage, blocks: CachedBlocks): void {
    assert(this.#storage === undefined || this.#storage === storage, "an eviction policy serves one cache");
    const { blockCount } = storage;
    this.#storage = storage;
    this.#queue = new LeafQueue(blockCount, blocks);
    this.#expiring = new BlockHeap(blockCount);
    this.#priorities = new Float64Array(blockCount + 1).fill(this.#default);
  }

  add(block: number): void {
    this.#queue.add(block, this.#priorities[block]);
  }

  remove(block: number): void {
    this.#queue.remove(block);
  }

  becameLeaf(block: number): void {
    this.#queue.becameLeaf(block);
  }

  dropped(block: number): void {
    this.#forget(block);
  }

  /** `until`: `Infinity` for as long as the block is cached. */
  retain(block: number, wanted: number, until: number): void {
    assert(
      wanted >= 0 && wanted <= MAX_PRIORITY,
      () => `a retention priority must be in [0, ${MAX_PRIORITY}], got ${wanted}`,
    );
    const isRetained = this.#expiring.has(block);
    if (
      isRetained &&
      (wanted < this.#priorities[block] ||
        (wanted === this.#priorities[block] && until < this.#expiring.firstKey(block)))
    ) {
      return;
    }
    this.#setPriority(block, wanted);
    this.#expiring.setKeys(block, until, block);
    if (!isRetained) this.#expiring.push(block);
  }

  advance(now: number): void {
    while (this.#expiring.size > 0 && this.#expiring.firstKey(this.#expiring.least) <= now) {
      this.#forget(this.#expiring.least);
    }
  }

  victim(): number {
    return this.#queue.least;
  }

  #forget(block: number): void {
    if (!this.#expiring.has(block)) return;
    this.#expiring.remove(block);
    this.#setPriority(block, this.#default);
  }

  #setPriority(block: number, value: number): void {
    this.#priorities[block] = value;
    if (this.#queue.has(block)) this.#queue.setKey(block, value);
  }
}
