import { NULL_BLOCK } from "../config.ts";
import { createLinks } from "../collections/linked-queue.ts";
import { LinkedQueue } from "../collections/linked-queue.ts";
import { FreeStack } from "../collections/free-stack.ts";
import { IntList } from "../collections/int-list.ts";
import { widened } from "../widen.ts";

/**
 * Which blocks of host memory hold a copy of a node's keys and values. The least recently used copy is dropped first.
 * Blocks that the plan under construction reads or writes are pinned until `unpin`.
 *
 * Laws: free + stored = blockCount; each stored block belongs to one node and group, which names it.
 */
export class HostTier {
  readonly blockCount: number;
  /** Blocks with a copy; written here alone. */
  storedCount = 0;
  readonly #groupCount: number;
  /** [(nodes + 1) x groups] */
  #blockOf: Int32Array;
  /** [blockCount + 1] index into `#blockOf` of a stored block. */
  readonly #place: Int32Array;
  readonly #free: FreeStack;
  readonly #stored: LinkedQueue;
  readonly #pins: Uint8Array;
  readonly #pinned = new IntList();
  readonly #linkBytes: number;

  constructor(options: { blockCount: number; groupCount: number; nodeCapacity: number }) {
    this.blockCount = options.blockCount;
    this.#groupCount = options.groupCount;
    // Without a tier no node has a copy.
    this.#blockOf = new Int32Array(options.blockCount === 0 ? 0 : options.groupCount * (options.nodeCapacity + 1));
    this.#place = new Int32Array(options.blockCount + 1);
    this.#pins = new Uint8Array(options.blockCount + 1);
    const links = createLinks(options.blockCount);
    this.#linkBytes = links.next.byteLength + links.prev.byteLength;
    this.#free = new FreeStack(links.next, options.blockCount);
    this.#stored = new LinkedQueue(links);
  }

  /** The host block with a node's copy; `NULL_BLOCK` without one. */
  blockOf(group: number, node: number): number {
    return this.blockCount === 0 ? NULL_BLOCK : (this.#blockOf[node * this.#groupCount + group] ?? NULL_BLOCK);
  }

  get byteLength(): number {
    return this.#blockOf.byteLength + this.#place.byteLength + this.#pins.byteLength + this.#linkBytes;
  }

  /** Whether a block is available: free, or unused by the plan under construction. */
  get hasRoom(): boolean {
    return this.#free.size > 0 || this.#stored.size > 0;
  }

  /** The node and group whose copy is dropped next; only if `hasRoom` and `isFull`. */
  get oldest(): { group: number; node: number } {
    const place = this.#place[this.#stored.first];
    return { group: place % this.#groupCount, node: Math.floor(place / this.#groupCount) };
  }

  get isFull(): boolean {
    return this.#free.size === 0;
  }

  /** Gives a node a free host block and pins it; a block must be free. */
  store(group: number, node: number): number {
    const block = this.#free.pop();
    const place = node * this.#groupCount + group;
    if (place >= this.#blockOf.length) this.#blockOf = widened(this.#blockOf, place + 1, Number.POSITIVE_INFINITY);
    this.#blockOf[place] = block;
    this.#place[block] = place;
    this.storedCount++;
    this.#pin(block);
    return block;
  }

  /**
   * Pins the node's copy until `unpin`, because the plan under construction reads it. It is then the most recently
   * used.
   */
  pin(group: number, node: number): void {
    const block = this.blockOf(group, node);
    if (this.#pins[block] === 1) return;
    this.#stored.remove(block);
    this.#pin(block);
  }

  /** The plan is complete. */
  unpin(): void {
    for (let i = 0; i < this.#pinned.length; i++) {
      const block = this.#pinned.items[i];
      // A block that a rollback dropped meanwhile is free and no longer pinned.
      if (this.#pins[block] === 0) continue;
      this.#pins[block] = 0;
      this.#stored.pushBack(block);
    }
    this.#pinned.length = 0;
  }

  /** Drops a node's copy. */
  drop(group: number, node: number): void {
    const place = node * this.#groupCount + group;
    const block = this.#blockOf[place];
    if (this.#pins[block] === 1) this.#pins[block] = 0;
    else this.#stored.remove(block);
    this.#blockOf[place] = NULL_BLOCK;
    this.#free.push(block);
    this.storedCount--;
  }

  #pin(block: number): void {
    this.#pins[block] = 1;
    this.#pinned.push(block);
  }
}
