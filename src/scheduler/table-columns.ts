import type { BlockTable, Sequence } from "../blocks/block-table.ts";
import type { PlanGroup } from "../step.ts";

/** The block tables of one group as CSR columns, kept up to date by moving segments instead of copying every table each step. */
export class TableColumns implements PlanGroup {
  readonly slotMapping: Int32Array;
  readonly blockIndptr: Int32Array;
  blockIndices: Int32Array;
  readonly firstPosition: Int32Array;
  /** [R] slot of the last block's first token minus that token's position: slot = base + position. */
  readonly slotBase: Int32Array;
  readonly #group: number;
  readonly #blockSize: number;

  constructor(group: number, options: { maxTokens: number; maxRequests: number; blockCount: number; blockSize: number }) {
    this.slotMapping = new Int32Array(options.maxTokens);
    this.blockIndptr = new Int32Array(options.maxRequests + 1);
    this.firstPosition = new Int32Array(options.maxRequests);
    this.slotBase = new Int32Array(options.maxRequests);
    // Tables of requests that share nothing fit; shared prefixes may need more, and get it in `#reserve`.
    this.blockIndices = new Int32Array(options.blockCount);
    this.#group = group;
    this.#blockSize = options.blockSize;
  }

  /** Keeps the rows that are marked, in order. One pass, one move a run of rows. */
  keep(marks: Uint8Array, rowCount: number): void {
    const { blockIndptr, blockIndices, firstPosition, slotBase } = this;
    let to = 0;
    let end = 0;
    for (let row = 0; row < rowCount; row = end) {
      end = row + 1;
      if (marks[row] === 0) continue;
      while (end < rowCount && marks[end] === 1) end++;
      const from = blockIndptr[row];
      const until = blockIndptr[end];
      const write = blockIndptr[to];
      const delta = from - write;
      if (delta > 0) blockIndices.copyWithin(write, from, until);
      for (let kept = row; kept < end; kept++) {
        firstPosition[to] = firstPosition[kept];
        slotBase[to] = slotBase[kept];
        blockIndptr[++to] = blockIndptr[kept + 1] - delta;
      }
    }
  }

  /** Makes row `row` the last one, with the whole table. */
  append(row: number, sequence: Sequence): void {
    const table = this.#tableOf(sequence);
    const start = this.blockIndptr[row];
    const length = table.count - table.first;
    this.#reserve(start + length);
    this.blockIndptr[row + 1] = start + length;
    this.rewrite(row, sequence);
  }

  /** Copies the table over its row; the row has the table's length. */
  rewrite(row: number, sequence: Sequence): void {
    const table = this.#tableOf(sequence);
    let at = this.blockIndptr[row];
    for (let index = table.first; index < table.count; index++) this.blockIndices[at++] = table.ids[index];
    this.firstPosition[row] = table.first * this.#blockSize;
    this.#updateSlotBase(row, table);
  }

  /** Takes blocks off the front of rows whose window moved. One pass from the front. */
  trim(sequences: readonly Sequence[], rowCount: number): void {
    const { blockIndptr, blockIndices, firstPosition } = this;
    let from = 0;
    for (let row = 0; row < rowCount; row++) {
      const first = this.#tableOf(sequences[row]).first * this.#blockSize;
      const dropped = (first - firstPosition[row]) / this.#blockSize;
      const until = blockIndptr[row + 1];
      const write = blockIndptr[row];
      if (from + dropped !== write) blockIndices.copyWithin(write, from + dropped, until);
      blockIndptr[row + 1] = write + until - from - dropped;
      firstPosition[row] = first;
      from = until;
    }
  }

  /** Adds `grown[row]` blocks from the end of each row's table, `total` in all. One pass from the back, one move a run of rows. */
  grow(sequences: readonly Sequence[], rowCount: number, grown: Int32Array, total: number): void {
    const { blockIndptr } = this;
    const length = blockIndptr[rowCount];
    this.#reserve(length + total);
    const { blockIndices } = this;
    let shift = total;
    let runEnd = length;
    for (let row = rowCount - 1; shift > 0; row--) {
      const stop = blockIndptr[row + 1];
      blockIndptr[row + 1] = stop + shift;
      const blocks = grown[row];
      if (blocks === 0) continue;
      if (runEnd > stop) blockIndices.copyWithin(stop + shift, stop, runEnd);
      const table = this.#tableOf(sequences[row]);
      for (let i = 1; i <= blocks; i++) blockIndices[stop + shift - i] = table.ids[table.count - i];
      this.#updateSlotBase(row, table);
      shift -= blocks;
      runEnd = stop;
    }
  }

  /** Fills the slots of leading rows with one token each. */
  fillDecodeSlots(rowCount: number, contextLengths: Int32Array): void {
    const { slotMapping, slotBase } = this;
    for (let row = 0; row < rowCount; row++) slotMapping[row] = slotBase[row] + contextLengths[row] - 1;
  }

  /** Fills the slots of all tokens, from a row on. One token is in its table's last block. */
  fillSlots({ sequences, chunks }: { readonly sequences: readonly Sequence[]; readonly chunks: Int32Array }, from: number, rowCount: number, { queryIndptr, contextLengths }: { queryIndptr: Int32Array; contextLengths: Int32Array }): void {
    const { slotMapping, slotBase } = this;
    for (let row = from; row < rowCount; row++) {
      const token = queryIndptr[row];
      if (chunks[row] === 1) slotMapping[token] = slotBase[row] + contextLengths[row] - 1;
      else this.#fillChunk(sequences[row], token, chunks[row], contextLengths[row] - chunks[row]);
    }
  }

  /** Several tokens, over any number of blocks. */
  #fillChunk(sequence: Sequence, from: number, count: number, start: number): void {
    const size = this.#blockSize;
    const { ids } = this.#tableOf(sequence);
    const { slotMapping } = this;
    const until = from + count;
    let index = Math.floor(start / size);
    let offset = start - index * size;
    for (let at = from; at < until; index++, offset = 0) {
      const end = Math.min(until, at + size - offset);
      for (let slot = ids[index] * size + offset; at < end; at++, slot++) slotMapping[at] = slot;
    }
  }

  #tableOf(sequence: Sequence): BlockTable {
    return sequence.tables[this.#group];
  }

  #updateSlotBase(row: number, table: BlockTable): void {
    const last = table.count - 1;
    this.slotBase[row] = (table.ids[last] - last) * this.#blockSize;
  }

  #reserve(length: number): void {
    if (length <= this.blockIndices.length) return;
    const longer = new Int32Array(2 * length);
    longer.set(this.blockIndices);
    this.blockIndices = longer;
  }
}
