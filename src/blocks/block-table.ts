import { NULL_BLOCK } from "../config.ts";
import { widened } from "../widen.ts";

/** More tokens than any request has; a small integer, where `Infinity` would make the field a boxed number. */
const NEVER = 2 ** 30 - 1;

/** Places of a table's first array: most answers are short, and a longer table grows. */
const FIRST_BLOCKS = 32;

/**
 * The blocks of one request in one group, by position: block k holds positions [k * blockSize, (k + 1) * blockSize).
 * Law: ids[k] is a held block for first <= k < count, and `NULL_BLOCK` elsewhere.
 */
export class BlockTable {
  /** Replaced by a longer array as the table grows. */
  ids: Int32Array;
  readonly #capacity: number;
  /** The first block still held: above 0 once a sliding window has moved. */
  first = 0;
  /** One past the last block. */
  count = 0;

  /** `capacity`: most blocks, by position; `expected`: so many have room at once. */
  constructor(capacity: number, expected: number = FIRST_BLOCKS) {
    this.#capacity = capacity;
    this.ids = new Int32Array(Math.min(capacity, expected));
  }

  push(block: number): void {
    if (this.count === this.ids.length) this.#reserve(this.count + 1);
    this.ids[this.count++] = block;
  }

  /** `count` blocks, the first of which are not held; the caller writes the ids of those that are. */
  resize(first: number, count: number): void {
    if (count > this.ids.length) this.#reserve(count);
    this.first = first;
    this.count = count;
  }

  #reserve(count: number): void {
    this.ids = widened(this.ids, count, this.#capacity);
  }

  /** A table of the same blocks, which have one holder more then. */
  copy(): BlockTable {
    const copy = new BlockTable(this.#capacity);
    copy.resize(this.first, this.count);
    copy.ids.set(this.ids.subarray(0, this.count));
    return copy;
  }

  /** Takes the last block off. */
  pop(): number {
    const block = this.ids[--this.count];
    this.ids[this.count] = NULL_BLOCK;
    if (this.first > this.count) this.first = this.count;
    return block;
  }

  /** Takes the first held block off: the window left it. */
  shift(): number {
    const block = this.ids[this.first];
    this.ids[this.first++] = NULL_BLOCK;
    return block;
  }
}

/**
 * A block that a request computed although an equal one was there: at commit, or when it leaves, the request takes that
 * one and gives its own back; at rollback it keeps its own.
 */
export interface Adoption {
  readonly sequence: Sequence;
  readonly group: number;
  readonly index: number;
  /** The equal block, held for the request until then. */
  readonly block: number;
  /** All adoptions of the plan that it waits for. */
  readonly ofPlan: Adoption[];
  settled: boolean;
}

/** A shared block that a plan copies for one of those who share it, before that one writes. */
export interface Unsharing {
  readonly sequence: Sequence;
  readonly group: number;
  readonly index: number;
  /** The shared block, held until the plan is done. */
  readonly source: number;
  readonly target: number;
  /** All such copies of the plan. */
  readonly ofPlan: Unsharing[];
}

/**
 * What one request holds of the KV cache: a table a group, and how far its blocks are indexed.
 * Owned by `KvCache`; others read it.
 */
export class Sequence {
  readonly tables: readonly BlockTable[];
  readonly blockSize: number;
  /** Root of its domain in the prefix tree. */
  readonly root: number;
  /** Whether its full blocks are put into the prefix cache. */
  cacheable: boolean;
  readonly #wasCacheable: boolean;
  /** Node of the last indexed block; a root before the first. That block is always held. */
  tail: number;
  indexedBlocks = 0;
  /** Known and computed tokens at which the next block can be indexed; `NEVER` where none will be. */
  indexAt: number;
  /** Tokens that the blocks have room for. */
  capacity = 0;
  /** A table entry was replaced by an equal block: copies of the table are stale. */
  rewritten = false;
  /** A sibling may share the last block: copy before the first write. */
  forked = false;

  /** Equal blocks that wait to take the place of its own. */
  readonly adoptions: Adoption[] = [];
  /** Copies of plans in flight: until those are done, it holds source and target. */
  readonly unsharings: Unsharing[] = [];

  constructor(options: { tables: readonly BlockTable[]; blockSize: number; root: number; cacheable: boolean }) {
    this.tables = options.tables;
    this.root = options.root;
    this.tail = options.root;
    this.cacheable = options.cacheable;
    this.#wasCacheable = options.cacheable;
    this.blockSize = options.blockSize;
    this.indexAt = options.cacheable ? options.blockSize : NEVER;
  }

  /** So many blocks are indexed from now on. */
  setIndexed(blocks: number): void {
    this.indexedBlocks = blocks;
    this.indexAt = this.cacheable ? (blocks + 1) * this.blockSize : NEVER;
  }

  /** None of its blocks is indexed any more, and none will be. */
  detach(): void {
    this.tail = this.root;
    this.setIndexed(0);
    this.stopIndexing();
  }

  /** It holds nothing; what it computes from now on may be cached again. */
  restart(): void {
    this.tail = this.root;
    this.cacheable = this.#wasCacheable;
    this.setIndexed(0);
    this.capacity = 0;
    this.forked = false;
  }

  /** No more of its blocks go into the prefix cache. */
  stopIndexing(): void {
    this.cacheable = false;
    this.indexAt = NEVER;
  }
}
