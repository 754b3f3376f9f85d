import type { Sequence } from "../blocks/block-table.ts";
import type { StepJournal } from "../blocks/step-journal.ts";
import { NONE, type Entry } from "./entry.ts";

/** Reserves a chunk's blocks, places its tokens and makes full blocks matchable. */
export interface ChunkIssuer {
  issueChunk(entry: Entry, journal: StepJournal): void;
}

/** The builder's columns that a repetition reads and writes. */
export interface DecodeColumns {
  /** [R] whose row it is. */
  readonly rows: readonly Entry[];
  /** [R] */
  readonly inputs: Int32Array;
  /** [R] */
  readonly lastSamples: Int32Array;
  /** [R] */
  readonly contextLengths: Int32Array;
}

/**
 * Steps that repeat the last one: the same requests decode one token each, and of most of them nothing changes but counts.
 * schedule() of 256 decodes takes two thirds of what it takes one by one (bench/scheduler/scheduler.bench.ts).
 *
 * Law: below `dueAt`, a row's request writes into a block that is its own, and fills none.
 */
export class SteadyRows {
  /** [R] position from which on the row's request needs a look. */
  readonly dueAt: Int32Array;
  readonly #columns: DecodeColumns;
  /** The arrangement of rows that `dueAt` is of. */
  #layout = NONE;
  /** Steps until the first request has all the tokens that it may have. */
  #stepsLeft = 0;

  constructor(columns: DecodeColumns) {
    this.#columns = columns;
    this.dueAt = new Int32Array(columns.rows.length);
  }

  /** Whether one more step can be a repetition; a new arrangement is looked at once. */
  covers(layout: number, rowCount: number): boolean {
    if (this.#layout !== layout) this.#enter(layout, rowCount);
    return this.#stepsLeft > 0;
  }

  /** A step was made in another way: who repeats it looks at its rows anew. */
  forget(): void {
    this.#layout = NONE;
  }

  /** Gives every row one more token; returns of how many nothing but counts changed. The issuer takes the others. */
  advance(rowCount: number, issuer: ChunkIssuer, journal: StepJournal): number {
    const { rows, inputs, lastSamples, contextLengths } = this.#columns;
    const { dueAt } = this;
    let due = 0;
    for (let row = 0; row < rowCount; row++) {
      const entry = rows[row];
      const start = contextLengths[row];
      // A plan that came to nothing, for a suspect without room, may have left another number.
      entry.chunk = 1;
      if (start >= dueAt[row]) {
        issuer.issueChunk(entry, journal);
        this.#renew(row, entry.sequence!);
        due++;
        continue;
      }
      const pending = entry.pendingCount;
      inputs[row] = pending === 0 ? entry.lastToken : ~lastSamples[row];
      contextLengths[row] = start + 1;
      entry.computedTokenCount = start + 1;
      entry.pendingCount = pending + 1;
      entry.inFlightCount++;
    }
    this.#stepsLeft--;
    return rowCount - due;
  }

  #enter(layout: number, rowCount: number): void {
    this.#layout = layout;
    this.#stepsLeft = Number.MAX_SAFE_INTEGER;
    for (let row = 0; row < rowCount; row++) {
      const entry = this.#columns.rows[row];
      const left = entry.serial ? 0 : entry.maxLength - entry.tokenCount - entry.pendingCount;
      if (left < this.#stepsLeft) this.#stepsLeft = left;
      this.#renew(row, entry.sequence!);
    }
  }

  #renew(row: number, sequence: Sequence): void {
    this.dueAt[row] = sequence.forked ? 0 : Math.min(sequence.capacity, sequence.indexAt - 1);
  }
}
