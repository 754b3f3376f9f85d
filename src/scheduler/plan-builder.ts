import type { KvCache } from "../blocks/kv-cache.ts";
import { Columns, writeChunk, writeMoves, type ColumnLimits } from "./columns.ts";
import { NONE, type Entry } from "./entry.ts";
import { RowColumns } from "./row-columns.ts";
import { ownerOf, SampleFiller } from "./sample-filler.ts";
import type { StepRecord } from "./step-record.ts";

/** Beyond all rows; a small integer, for a greater number would be boxed with every store. */
const NO_ROW = 2 ** 30 - 1;

/**
 * Keeps the plan's columns in step with the scheduled requests: rows stay where they are from step to step, those that leave
 * are closed up, those that come are appended, tables that grow move their neighbours. 256 decodes cost a third of
 * what rebuilding the tables costs (bench/scheduler/plan-builder.bench.ts).
 *
 * Law: after `build`, rows are exactly the requests with a chunk, and every column equals what a rebuild from their tables gives.
 */
export class PlanBuilder {
  readonly columns: Columns;
  readonly rows: RowColumns;
  readonly #kv: KvCache;
  readonly #samples: SampleFiller;
  #rowCount = 0;
  #grownTotal = 0;
  /** Rows that have a chunk. */
  #placed = 0;
  /** Tokens and samples of the rows that have a chunk. */
  #tokenTotal = 0;
  #sampleTotal = 0;
  /** The first row with other than one token and one sample. */
  #firstOther = NO_ROW;
  /** Leading rows that had one token and one sample in the last step, too: of those only tokens, positions and slots change. */
  #steadyRows = 0;
  /** Number of the arrangement of rows. */
  #layout = 0;
  /** Those that were filled. */
  readonly #records: StepRecord[] = [];
  readonly #newcomers: Entry[];
  #newcomerCount = 0;
  readonly #marks: Uint8Array;
  #rewritesSeen = 0;

  constructor(kv: KvCache, limits: ColumnLimits) {
    this.columns = new Columns(limits);
    this.#kv = kv;
    this.rows = new RowColumns(this.columns, limits.maxRequests);
    this.#samples = new SampleFiller(this.columns);
    this.#newcomers = new Array<Entry>(limits.maxRequests);
    this.#marks = new Uint8Array(limits.maxRequests);
  }

  get rowCount(): number {
    return this.#rowCount;
  }

  /** The request has a chunk in the step under construction, and its tables have gained so many blocks each. */
  place(entry: Entry, gained: number): void {
    const { row } = entry;
    if (row === NONE) {
      this.#newcomers[this.#newcomerCount++] = entry;
      return;
    }
    this.#placed++;
    this.noteGrowth(row, gained);
    this.#write(row, entry);
  }

  /** So many rows have one token and one sample, which are in their columns already. */
  placeDecodes(count: number): void {
    this.#placed += count;
    this.#tokenTotal += count;
    this.#sampleTotal += count;
  }

  /** The row's tables have gained so many blocks each. */
  noteGrowth(row: number, gained: number): void {
    this.rows.grown[row] += gained;
    this.#grownTotal += gained;
  }

  /** A placed request has more tokens or samples than it was placed with, and its tables have gained so many blocks more. */
  widen(entry: Entry, gained: number): void {
    const { row } = entry;
    // A newcomer is looked at when it is appended.
    if (row === NONE) return;
    this.#tokenTotal -= this.rows.chunks[row];
    this.#sampleTotal -= this.rows.sampleCounts[row];
    this.noteGrowth(row, gained);
    this.#write(row, entry);
  }

  /** Fills the columns and the record from the requests that were placed. */
  build(record: StepRecord): void {
    if (this.#placed !== this.#rowCount || this.#newcomerCount > 0) this.#layout++;
    if (this.#placed !== this.#rowCount) this.#closeUp();
    if (this.#kv.windowed) for (const table of this.columns.groups) table.trim(this.rows.sequences, this.#rowCount);
    if (this.#grownTotal > 0) this.#grow();
    for (let i = 0; i < this.#newcomerCount; i++) this.#append(this.#newcomers[i]);
    if (this.#rewritesSeen !== this.#kv.rewriteCount) this.#rewrite();
    this.#fill(record);
    record.plan.tokenCount = this.#tokenTotal;
    record.plan.requestCount = this.#rowCount;
    record.plan.sampleCount = this.#sampleTotal;
    writeMoves(this.columns, record.plan, record.journal);
    this.rows.chunks.fill(0, 0, this.#rowCount);
    this.#placed = 0;
    this.#newcomerCount = 0;
    this.#tokenTotal = 0;
    this.#sampleTotal = 0;
    this.#firstOther = NO_ROW;
  }

  /** The request left the running ones: its row is closed up with the next build, and is no longer its own. */
  leave(entry: Entry): void {
    entry.row = NONE;
    this.#layout++;
  }

  /** Forgets all rows: a rollback took blocks out of their tables. `inFlight`: the plan before those taken back, whose samples the next one reads. */
  reset(inFlight?: StepRecord): void {
    for (let row = 0; row < this.#rowCount; row++) if (this.rows.entries[row].row === row) this.rows.entries[row].row = NONE;
    this.#layout++;
    this.#rowCount = 0;
    this.#rearrangeFrom(0);
    this.rows.grown.fill(0);
    this.#grownTotal = 0;
    if (inFlight === undefined) return;
    for (let sample = 0; sample < inFlight.plan.sampleCount; sample++) inFlight.samples[sample].sampleInFlight = sample;
  }

  /** Rows without a chunk go; growth noted for them is void. */
  #closeUp(): void {
    const { entries, chunks, grown } = this.rows;
    let first = 0;
    while (chunks[first] > 0) first++;
    this.#marks.fill(1, 0, first);
    let kept = first;
    for (let row = first; row < this.#rowCount; row++) {
      const stays = chunks[row] > 0;
      this.#marks[row] = stays ? 1 : 0;
      if (stays) this.rows.move(row, kept++);
      else {
        this.#grownTotal -= grown[row];
        if (entries[row].row === row) entries[row].row = NONE;
      }
    }
    grown.fill(0, kept, this.#rowCount);
    chunks.fill(0, kept, this.#rowCount);
    for (const table of this.columns.groups) table.keep(this.#marks, this.#rowCount);
    this.#rowCount = kept;
    this.#rearrangeFrom(first);
  }

  /** From this row on, rows are others than they were. */
  #rearrangeFrom(row: number): void {
    this.#steadyRows = Math.min(this.#steadyRows, row);
    this.#firstOther = Math.min(this.#firstOther, row);
    for (const record of this.#records) record.steadyRows = Math.min(record.steadyRows, row);
  }

  /** What a step changes of a row. */
  #write(row: number, entry: Entry): void {
    this.#tokenTotal += entry.chunk;
    this.#sampleTotal += entry.sampleCount;
    if (entry.chunk !== 1 || entry.sampleCount !== 1) this.#firstOther = Math.min(this.#firstOther, row);
    this.rows.chunks[row] = entry.chunk;
    this.rows.sampleCounts[row] = entry.sampleCount;
    this.columns.contextLengths[row] = entry.computedTokenCount;
    if (entry.chunk === 1) this.rows.inputs[row] = this.#input(row, entry);
  }

  /** The only token of a row: the last known one of a decode, one that is still on the device, or one of a prompt. */
  #input(row: number, entry: Entry): number {
    if (entry.computedTokenCount === entry.tokenCount) return entry.lastToken;
    return entry.computedTokenCount > entry.tokenCount ? ~this.rows.lastSamples[row] : entry.tokens[entry.computedTokenCount - 1];
  }

  #grow(): void {
    const { groups } = this.columns;
    for (let group = 0; group < groups.length; group++) groups[group].grow(this.rows.sequences, this.#rowCount, this.rows.grown, this.#grownTotal);
    this.rows.grown.fill(0, 0, this.#rowCount);
    this.#grownTotal = 0;
  }

  #append(entry: Entry): void {
    const row = this.#rowCount++;
    entry.row = row;
    this.rows.entries[row] = entry;
    this.rows.sequences[row] = entry.sequence!;
    this.rows.stays[row] = entry.stay;
    this.rows.lastSamples[row] = entry.sampleInFlight;
    this.columns.requestSlots[row] = entry.slot;
    this.rows.bySlot[entry.slot] = row;
    this.columns.adapterIds[row] = entry.adapterId;
    for (const table of this.columns.groups) table.append(row, entry.sequence!);
    this.#write(row, entry);
  }

  #rewrite(): void {
    this.#rewritesSeen = this.#kv.rewriteCount;
    for (let row = 0; row < this.#rowCount; row++) {
      const entry = this.rows.entries[row];
      if (!entry.sequence!.rewritten) continue;
      entry.sequence!.rewritten = false;
      for (const table of this.columns.groups) table.rewrite(row, entry.sequence!);
    }
  }

  #fill(record: StepRecord): void {
    const steady = Math.min(this.#steadyRows, this.#firstOther);
    this.#fillDecodes(steady);
    if (steady < this.#rowCount) this.#fillTokens(steady);
    const { groups } = this.columns;
    for (let group = 0; group < groups.length; group++) {
      groups[group].fillDecodeSlots(steady, this.columns.contextLengths);
      if (steady < this.#rowCount) groups[group].fillSlots(this.rows, steady, this.#rowCount, this.columns);
    }
    this.#steadyRows = Math.min(this.#rowCount, this.#firstOther);
    this.#fillRecord(record);
  }

  /** Leading rows whose tokens and samples have the numbers of their rows, as in the last step. */
  #fillDecodes(rowCount: number): void {
    const { tokenIds, positions, contextLengths } = this.columns;
    const { inputs } = this.rows;
    for (let row = 0; row < rowCount; row++) {
      tokenIds[row] = inputs[row];
      positions[row] = contextLengths[row] - 1;
    }
  }

  /** The rows from `from` on. One pass over typed columns; only prompts and new samples look at their requests. */
  #fillTokens(from: number): void {
    const { queryIndptr, sampleIndptr, tokenIds, positions, contextLengths } = this.columns;
    const { chunks, inputs, sampleCounts, lastSamples, entries } = this.rows;
    let token = from;
    let sample = from;
    for (let row = from; row < this.#rowCount; row++) {
      const chunk = chunks[row];
      queryIndptr[row] = token;
      sampleIndptr[row] = sample;
      if (chunk === 1) {
        tokenIds[token] = inputs[row];
        positions[token] = contextLengths[row] - 1;
      } else writeChunk(this.columns, entries[row], token);
      token += chunk;
      const samples = sampleCounts[row];
      if (samples === 0) continue;
      lastSamples[row] = sample;
      if (samples === 1) this.#samples.one(entries[row], sample, token);
      else this.#samples.several(entries[row], sample, token);
      sample += samples;
    }
    queryIndptr[this.#rowCount] = token;
    sampleIndptr[this.#rowCount] = sample;
  }

  /** Rows that were steady when the record was last filled are in it already. */
  #fillRecord(record: StepRecord): void {
    if (!this.#records.includes(record)) this.#records.push(record);
    const from = Math.min(record.steadyRows, this.#steadyRows);
    const { entries, chunks, sampleCounts, stays } = this.rows;
    const { requests, samples: owners } = record;
    let sample = from;
    for (let row = from; row < this.#rowCount; row++) {
      const entry = entries[row];
      // A store of an object costs more than a look whether it is there already.
      if (requests[row] !== entry) requests[row] = entry;
      record.tokens[row] = chunks[row];
      record.slots[row] = this.columns.requestSlots[row];
      record.stays[row] = stays[row];
      const samples = sampleCounts[row];
      record.sampleCounts[row] = samples;
      if (samples === 1) {
        if (owners[sample] !== entry) owners[sample] = entry;
        sample++;
      } else for (let i = 0; i < samples; i++) owners[sample++] = ownerOf(entry, i);
    }
    record.steadyRows = this.#steadyRows;
    record.layout = this.#steadyRows === this.#rowCount ? this.#layout : NONE;
  }
}
