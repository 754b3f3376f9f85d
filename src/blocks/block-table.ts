import { NULL_BLOCK } from "../config.ts";
import type { Adoption } from "./step-journal.ts";

/**
 * The blocks of one request in one group, by position: block k holds positions [k * blockSize, (k + 1) * blockSize).
 * Law: ids[k] is a held block for first <= k < count, and `NULL_BLOCK` elsewhere.
 */
export class BlockTable {
  readonly ids: Int32Array;
  /** The first block still held: above 0 once a sliding window has moved. */
  first = 0;
  /** One past the last block. */
  count = 0;

  constructor(capacity: number) {
    this.ids = new Int32Array(capacity);
  }

  push(block: number): void {
    this.ids[this.count++] = block;
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
 * What one request holds of the KV cache: a table a group, and how far its blocks are indexed.
 * Owned by `KvCache`; others read it.
 */
export class Sequence {
  readonly tables: readonly BlockTable[];
  /** Root of its domain in the prefix tree. */
  readonly root: number;
  /** Whether its full blocks are put into the prefix cache. */
  cacheable: boolean;
  /** Node of the last indexed block; a root before the first. That block is always held. */
  tail: number;
  indexedBlocks = 0;
  /** Known and computed tokens at which the next block can be indexed; `Infinity` where none will be. */
  indexAt = 0;
  /** Tokens that the blocks have room for. */
  capacity = 0;
  /** A table entry was replaced by an equal block: copies of the table are stale. */
  rewritten = false;
  /** A sibling may share the last block: copy before the first write. */
  forked = false;

  /** Equal blocks that wait to take the place of its own. */
  readonly adoptions: Adoption[] = [];

  constructor(options: { tables: readonly BlockTable[]; root: number; cacheable: boolean }) {
    this.tables = options.tables;
    this.root = options.root;
    this.tail = options.root;
    this.cacheable = options.cacheable;
  }
}
