import { assert } from "../assert.ts";
import { MAX_SLOTS, NULL_BLOCK } from "../config.ts";
import { InvalidOptionError } from "../errors.ts";
import { createLinks, type Links } from "../collections/linked-queue.ts";
import { FreeStack } from "../collections/free-stack.ts";

/** References that one block can have: 16 bits keep a cached block within 110 bytes, and no step has more requests. */
const MAX_REFERENCES = 0xffff;

/** Where a block stands; see `BlockPool`. */
export type BlockState = "free" | "cached" | "held";

/**
 * Reference counts of the device's blocks. Ids 1..blockCount are usable; 0 is `NULL_BLOCK`, never
 * handed out. O(1) each.
 *
 * Laws, after every call:
 *   free + cached + held = blockCount
 *   held   = referenced
 *   cached = unreferenced, labelled (the prefix cache indexes it)
 *   free   = unreferenced, unlabelled; exactly the blocks in the free stack
 */
export class BlockPool {
  readonly blockCount: number;
  /** Links of free blocks are the pool's, links of cached blocks the eviction policy's. */
  readonly links: Links;
  /** [blockCount + 1] holders of each block. Written here alone. */
  readonly references: Uint16Array;
  /** [blockCount + 1] the prefix cache's node of each block, 0 if it is not indexed. Written here alone. */
  readonly labels: Int32Array;
  readonly #free: FreeStack;
  #cachedCount = 0;

  constructor(blockCount: number) {
    if (!Number.isInteger(blockCount) || blockCount < 1 || blockCount >= MAX_SLOTS) {
      throw new InvalidOptionError(`blockCount must be an integer in [1, ${MAX_SLOTS}), got ${blockCount}`);
    }
    this.blockCount = blockCount;
    this.links = createLinks(blockCount);
    this.references = new Uint16Array(blockCount + 1);
    this.labels = new Int32Array(blockCount + 1);
    this.#free = new FreeStack(this.links.next, blockCount);
  }

  get freeCount(): number {
    return this.#free.size;
  }

  get cachedCount(): number {
    return this.#cachedCount;
  }

  get heldCount(): number {
    return this.blockCount - this.#free.size - this.#cachedCount;
  }

  /** Blocks that can be allocated: free ones, and cached ones after an eviction each. */
  get availableCount(): number {
    return this.#free.size + this.#cachedCount;
  }

  /** Takes a free block with one reference. The caller has checked that one is free. */
  acquire(): number {
    assert(this.#free.size > 0, "acquire() with no block free");
    const block = this.#free.pop();
    this.references[block] = 1;
    return block;
  }

  /** One more reference to a held or cached block. Returns whether it was cached until now. */
  share(block: number): boolean {
    const references = this.references[block];
    assert(references > 0 || this.labels[block] > 0, () =>
      this.#complaint(block, `share(${block}): the block is free`),
    );
    assert(references < MAX_REFERENCES, () => `share(${block}): ${MAX_REFERENCES} references already`);
    this.references[block] = references + 1;
    if (references > 0) return false;
    this.#cachedCount--;
    return true;
  }

  /** One reference less. Returns where the block stands now. */
  release(block: number): BlockState {
    const references = this.references[block];
    assert(references > 0, () => this.#complaint(block, `release(${block}): the block is not held`));
    this.references[block] = references - 1;
    if (references > 1) return "held";
    if (this.labels[block] !== 0) {
      this.#cachedCount++;
      return "cached";
    }
    this.#free.push(block);
    return "free";
  }

  /** Notes that the prefix cache indexes this held block as `label` (> 0): once unreferenced it is cached, not free. */
  label(block: number, label: number): void {
    assert(
      this.references[block] > 0 && this.labels[block] === 0,
      () => `label(${block}): must be held and unlabelled`,
    );
    this.labels[block] = label;
  }

  /** Notes that the prefix cache dropped this block: a cached block becomes free. */
  unlabel(block: number): void {
    assert(this.labels[block] > 0, () => `unlabel(${block}): the block is not labelled`);
    this.labels[block] = 0;
    if (this.references[block] > 0) return;
    this.#cachedCount--;
    this.#free.push(block);
  }

  /** The state of a block and its references, for people. */
  inspect(block: number): { block: number; state: BlockState; references: number; indexed: boolean } {
    assert(this.labels[block] !== undefined && block !== NULL_BLOCK, () => this.#complaint(block, ""));
    const references = this.references[block];
    const indexed = this.labels[block] !== 0;
    return { block, state: references > 0 ? "held" : indexed ? "cached" : "free", references, indexed };
  }

  /** Bytes of the pool's own columns. */
  get byteLength(): number {
    return (
      this.references.byteLength + this.labels.byteLength + this.links.next.byteLength + this.links.prev.byteLength
    );
  }

  /** O(blockCount). Throws on the first broken law. */
  checkInvariants(): void {
    const isFree = new Uint8Array(this.blockCount + 1);
    let free = 0;
    for (const block of this.#free) {
      assert(isFree[block] === 0, () => `block ${block} is free twice`);
      isFree[block] = 1;
      free++;
    }
    assert(free === this.#free.size, () => `the free stack says ${this.#free.size} blocks and holds ${free}`);
    let cached = 0;
    for (let block = 1; block <= this.blockCount; block++) {
      const { state } = this.inspect(block);
      assert(
        (state === "free") === (isFree[block] === 1),
        () => `block ${block} is ${state}, the free stack says otherwise`,
      );
      if (state === "cached") cached++;
    }
    assert(cached === this.#cachedCount, () => `cachedCount is ${this.#cachedCount}, counted ${cached}`);
    assert(this.references[0] === 0 && this.labels[0] === 0, "NULL_BLOCK is held or indexed");
  }

  /** Why a call about the block is wrong; for an existing block, what the call says. */
  #complaint(block: number, ofUsable: string): string {
    const exists = this.labels[block] !== undefined && block !== NULL_BLOCK;
    return exists ? ofUsable : `${block} is not a block id in 1..${this.blockCount}`;
  }
}
