import type { Sequence } from "../blocks/block-table.ts";
import type { Columns } from "./columns.ts";
import type { Entry } from "./entry.ts";

/** What the builder knows of each row beside the plan's columns. Allocated once; rows move as others close up. */
export class RowColumns {
  /** [R] whose row it is. */
  readonly entries: Entry[];
  /** [R] what the request holds of the cache. */
  readonly sequences: Sequence[];
  /** [R] tokens in the step under construction. */
  readonly chunks: Int32Array;
  /** [R] samples in that step. */
  readonly sampleCounts: Int32Array;
  /** [R] input of a row with one token. */
  readonly inputs: Int32Array;
  /** [R] place of the row's sample in the last plan that sampled it. */
  readonly lastSamples: Int32Array;
  /** [R] number of the request's stay. */
  readonly stays: Int32Array;
  /** [R] blocks that the row's tables have gained since the last build. */
  readonly grown: Int32Array;
  /** [slots] row of the slot's request. */
  readonly bySlot: Int32Array;
  readonly #columns: Columns;

  constructor(columns: Columns, maxRequests: number) {
    this.#columns = columns;
    this.entries = new Array<Entry>(maxRequests);
    this.sequences = new Array<Sequence>(maxRequests);
    this.chunks = new Int32Array(maxRequests);
    this.sampleCounts = new Int32Array(maxRequests);
    this.inputs = new Int32Array(maxRequests);
    this.lastSamples = new Int32Array(maxRequests);
    this.stays = new Int32Array(maxRequests);
    this.grown = new Int32Array(maxRequests);
    this.bySlot = new Int32Array(maxRequests);
  }

  /** A row takes another's place, in the plan's columns too; the tables are moved elsewhere. */
  move(from: number, to: number): void {
    if (from === to) return;
    const { requestSlots, adapterIds, contextLengths } = this.#columns;
    this.entries[to] = this.entries[from];
    this.entries[to].row = to;
    this.sequences[to] = this.sequences[from];
    requestSlots[to] = requestSlots[from];
    this.bySlot[requestSlots[to]] = to;
    adapterIds[to] = adapterIds[from];
    contextLengths[to] = contextLengths[from];
    this.chunks[to] = this.chunks[from];
    this.sampleCounts[to] = this.sampleCounts[from];
    this.inputs[to] = this.inputs[from];
    this.lastSamples[to] = this.lastSamples[from];
    this.stays[to] = this.stays[from];
    this.grown[to] = this.grown[from];
  }
}
