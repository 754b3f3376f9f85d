/** `next` and `prev` of every block, shared by the lists that a block is in by turns: it is in one at most. */
export interface BlockLinks {
  readonly next: Int32Array;
  readonly prev: Int32Array;
}

/** Links for ids 0..blockCount, and for one queue's sentinel behind them. 8 bytes a block. */
export function createBlockLinks(blockCount: number): BlockLinks {
  return { next: new Int32Array(blockCount + 2), prev: new Int32Array(blockCount + 2) };
}
