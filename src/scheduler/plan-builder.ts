import type { IntList } from "../blocks/int-list.ts";
import type { KvCache } from "../blocks/kv-cache.ts";
import { Columns, writeSampling, type ColumnLimits } from "./columns.ts";
import { NONE, type Entry } from "./entry.ts";
import type { StepRecord } from "./step-record.ts";

/**
 * Keeps the plan's columns in step with the scheduled requests: rows stay where they are from step to step, those that leave
 * are closed up, those that come are appended, tables that grow move their neighbours. 256 decodes cost a quarter of
 * what rebuilding the tables costs (bench/scheduler/plan-builder.bench.ts).
 *
 * Law: after `build`, rows are exactly the requests with a chunk, and every column equals what a rebuild from their tables gives.
 */
export class PlanBuilder {
  readonly columns: Columns;
  readonly #kv: KvCache;
  readonly #windowed: boolean;
  readonly #rows: Entry[];
  #rowCount = 0;
  /** [R] whose parameters stand at each sample. */
  readonly #sampleOwners: (Entry | undefined)[];
  /** [R] blocks that each row's tables have gained. */
  readonly #grown: Int32Array;
  #grownTotal = 0;
  readonly #marks: Uint8Array;
  #rewritesSeen = 0;

  constructor(kv: KvCache, limits: ColumnLimits) {
    this.columns = new Columns(limits);
    this.#kv = kv;
    this.#windowed = kv.groups.some((group) => group.window !== null);
    this.#rows = new Array<Entry>(limits.maxRequests);
    this.#sampleOwners = new Array<Entry | undefined>(limits.maxRequests).fill(undefined);
    this.#grown = new Int32Array(limits.maxRequests);
    this.#marks = new Uint8Array(limits.maxRequests);
  }

  get rowCount(): number {
    return this.#rowCount;
  }

  /** The tables of this row's request have gained blocks, one for each group and count. */
  noteGrowth(row: number, blocks: number): void {
    this.#grown[row] += blocks;
    this.#grownTotal += blocks;
  }

  /** Fills the columns and the record from the running requests that have a chunk. */
  build(running: readonly Entry[], record: StepRecord): void {
    if (this.#hasLeavers()) this.#closeUp();
    if (this.#windowed) for (const table of this.columns.groups) table.trim(this.#rows, this.#rowCount);
    if (this.#grownTotal > 0) this.#grow();
    this.#append(running);
    if (this.#rewritesSeen !== this.#kv.rewriteCount) this.#rewrite();
    this.#fillTokens(record);
    this.#fillMoves(record);
  }

  /** The request left the running ones: its row is closed up with the next build, and is no longer its own. */
  leave(entry: Entry): void {
    entry.row = NONE;
    entry.chunk = 0;
  }

  /** Forgets all rows: a rollback took blocks out of their tables. */
  reset(): void {
    for (let row = 0; row < this.#rowCount; row++) if (this.#rows[row].row === row) this.#rows[row].row = NONE;
    this.#rowCount = 0;
    this.#grown.fill(0);
    this.#grownTotal = 0;
  }

  #hasLeavers(): boolean {
    for (let row = 0; row < this.#rowCount; row++) if (this.#rows[row].chunk === 0 || this.#rows[row].row !== row) return true;
    return false;
  }

  /** Rows without a chunk go; growth noted for them is void. */
  #closeUp(): void {
    const rows = this.#rows;
    let kept = 0;
    for (let row = 0; row < this.#rowCount; row++) {
      const entry = rows[row];
      const stays = entry.chunk > 0 && entry.row === row;
      this.#marks[row] = stays ? 1 : 0;
      if (!stays) {
        if (entry.row === row) entry.row = NONE;
        continue;
      }
      rows[kept] = entry;
      entry.row = kept;
      this.columns.requestSlots[kept] = this.columns.requestSlots[row];
      this.columns.adapterIds[kept] = this.columns.adapterIds[row];
      this.#grown[kept] = this.#grown[row];
      kept++;
    }
    this.#grown.fill(0, kept, this.#rowCount);
    for (const table of this.columns.groups) table.keep(this.#marks, this.#rowCount);
    this.#rowCount = kept;
  }

  #grow(): void {
    let total = 0;
    for (let row = 0; row < this.#rowCount; row++) total += this.#grown[row];
    if (total > 0) for (const table of this.columns.groups) table.grow(this.#rows, this.#rowCount, this.#grown, total);
    this.#grown.fill(0, 0, this.#rowCount);
    this.#grownTotal = 0;
  }

  #append(running: readonly Entry[]): void {
    const { columns } = this;
    for (let i = 0; i < running.length; i++) {
      const entry = running[i];
      if (entry.chunk === 0 || entry.row !== NONE) continue;
      const row = this.#rowCount++;
      entry.row = row;
      this.#rows[row] = entry;
      columns.requestSlots[row] = entry.slot;
      columns.adapterIds[row] = entry.adapterId;
      for (const table of columns.groups) table.append(row, entry);
    }
  }

  #rewrite(): void {
    this.#rewritesSeen = this.#kv.rewriteCount;
    for (let row = 0; row < this.#rowCount; row++) {
      const entry = this.#rows[row];
      if (!entry.sequence!.rewritten) continue;
      entry.sequence!.rewritten = false;
      for (const table of this.columns.groups) table.rewrite(row, entry);
    }
  }

  #fillTokens(record: StepRecord): void {
    const { columns } = this;
    let token = 0;
    let sample = 0;
    for (let row = 0; row < this.#rowCount; row++) {
      const entry = this.#rows[row];
      columns.queryIndptr[row] = token;
      columns.sampleIndptr[row] = sample;
      columns.contextLengths[row] = entry.computedTokenCount;
      record.requests[row] = entry;
      record.tokens[row] = entry.chunk;
      record.stays[row] = entry.stay;
      token = entry.chunk === 1 ? this.#fillOne(entry, row, token) : this.#fillChunk(entry, token);
      if (entry.samples) this.#fillSample(entry, sample++, token - 1, record);
    }
    columns.queryIndptr[this.#rowCount] = token;
    columns.sampleIndptr[this.#rowCount] = sample;
    record.plan.tokenCount = token;
    record.plan.requestCount = this.#rowCount;
    record.plan.sampleCount = sample;
  }

  /** The one token of a decode: it is in the table's last block. */
  #fillOne(entry: Entry, row: number, token: number): number {
    const { columns } = this;
    const position = entry.computedTokenCount - 1;
    columns.tokenIds[token] = position < entry.tokenCount ? entry.tokens[position] : ~entry.sampleIndex;
    columns.positions[token] = position;
    for (let group = 0; group < columns.groups.length; group++) {
      const table = columns.groups[group];
      table.slotMapping[token] = table.slotBase[row] + position;
    }
    return token + 1;
  }

  /** Several tokens, all known, over any number of blocks. */
  #fillChunk(entry: Entry, from: number): number {
    const { columns } = this;
    const start = entry.computedTokenCount - entry.chunk;
    for (let i = 0; i < entry.chunk; i++) {
      columns.tokenIds[from + i] = entry.tokens[start + i];
      columns.positions[from + i] = start + i;
    }
    for (let group = 0; group < columns.groups.length; group++) this.#fillSlots(entry, group, from, start);
    return from + entry.chunk;
  }

  #fillSlots(entry: Entry, group: number, from: number, start: number): void {
    const { slotMapping } = this.columns.groups[group];
    const { ids } = entry.sequence!.tables[group];
    const size = this.#kv.blockSize;
    let index = Math.floor(start / size);
    let offset = start - index * size;
    for (let i = 0; i < entry.chunk; i++) {
      slotMapping[from + i] = ids[index] * size + offset;
      if (++offset < size) continue;
      offset = 0;
      index++;
    }
  }

  #fillSample(entry: Entry, sample: number, tokenRow: number, record: StepRecord): void {
    this.columns.sampleRows[sample] = tokenRow;
    if (this.#sampleOwners[sample] !== entry) {
      this.#sampleOwners[sample] = entry;
      writeSampling(this.columns.sampling, sample, entry.sampling, 0);
    }
    entry.sampleIndex = sample;
    record.samples[sample] = entry;
  }

  #fillMoves(record: StepRecord): void {
    const { journal, plan } = record;
    plan.swapOutCount = fillPairs(this.columns.swapOuts, journal.swapOuts);
    plan.swapInCount = fillPairs(this.columns.swapIns, journal.swapIns);
    plan.copyCount = fillPairs(this.columns.copies, journal.copies);
  }
}

/** Writes the pairs and returns how many there are. */
function fillPairs(column: Int32Array, pairs: IntList): number {
  for (let i = 0; i < pairs.length; i++) column[i] = pairs.at(i);
  return pairs.length / 2;
}
