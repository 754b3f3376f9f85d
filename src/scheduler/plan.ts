import type { KvCache } from "../blocks/kv-cache.ts";
import { IntList } from "../collections/int-list.ts";
import { GREEDY } from "../sampling-params.ts";
import { Columns, writePairs, writeSampling, type ColumnLimits } from "./columns.ts";
import type { StepRecord } from "./in-flight.ts";
import { firstScored } from "./prompt-scores.ts";
import { NONE, type Sequence } from "./sequence.ts";
import type { Slots } from "./slots.ts";

/**
 * The plan's columns. Rows keep their order from step to step: a request without tokens loses its row, a new one is
 * appended. Each step gathers what it needs from the columns by slot; leading rows that decode as in the step before
 * differ from it only in tokens, positions and KV slots.
 *
 * Law: after `gather`, rows are exactly the requests with tokens in the step.
 */
export class PlanColumns {
  readonly columns: Columns;
  readonly #kv: KvCache;
  /** [slots] row of the slot's request, `NONE` for none. */
  readonly #rows: Int32Array;
  /** [slots] place of the request's sample in the last plan that sampled it. */
  readonly #lastSamples: Int32Array;
  /** [S] the request whose parameters stand at each sample. */
  readonly #owners: (Sequence | undefined)[];
  /** Slots that get a row in the next `gather`, in order. */
  readonly #newcomers: IntList;
  #rowCount = 0;
  /** The first row that was dropped since the last `gather`. */
  #firstGap: number;
  /** Leading rows whose tokens and samples have the numbers of their rows, as in the last plan. */
  #steadyRows = 0;

  constructor(limits: ColumnLimits, kv: KvCache) {
    this.columns = new Columns(limits, kv.tables.groups);
    this.#kv = kv;
    this.#rows = new Int32Array(limits.maxRequests).fill(NONE);
    this.#lastSamples = new Int32Array(limits.maxRequests);
    this.#owners = new Array<Sequence | undefined>(limits.maxTokens).fill(undefined);
    this.#newcomers = new IntList(limits.maxRequests);
    this.#firstGap = limits.maxRequests;
  }

  /**
   * Gives the slot a row in the step under construction, and notes where its next token goes: into the last block of
   * its tables.
   */
  place(slot: number): void {
    if (this.#rows[slot] === NONE) this.#newcomers.push(slot);
    const { tables } = this.#kv;
    const last = tables.counts[slot] - 1;
    const { groups } = this.columns;
    for (let group = 0; group < groups.length; group++) {
      groups[group].bases[slot] = (tables.groups[group].get(slot, last) - last) * tables.blockSize;
    }
  }

  /** The request lost its row: it left, or has no tokens in the step. */
  drop(slot: number): void {
    const row = this.#rows[slot];
    if (row === NONE) return;
    this.#rows[slot] = NONE;
    this.columns.requestSlots[row] = NONE;
    this.#firstGap = Math.min(this.#firstGap, row);
  }

  /** Forgets all rows, after a rollback. `newest`: the plan in flight whose samples the next one reads. */
  reset(newest: StepRecord | undefined, slots: Slots): void {
    for (let row = 0; row < this.#rowCount; row++) {
      if (this.columns.requestSlots[row] !== NONE) this.drop(this.columns.requestSlots[row]);
    }
    this.#newcomers.length = 0;
    if (newest === undefined) return;
    for (let sample = 0; sample < newest.plan.sampleCount; sample++) {
      const { slot } = newest.samples[sample];
      if (slot !== NONE && slots.sequences[slot] === newest.samples[sample]) this.#lastSamples[slot] = sample;
    }
  }

  /** Fills the columns and the record with the tokens of the step. */
  gather(record: StepRecord, slots: Slots, records: readonly StepRecord[]): void {
    const from = this.#arrange(slots, records);
    this.#gatherDecodes(from, slots);
    if (from < this.#rowCount) this.#gatherRows(from, record, slots);
    else {
      record.plan.tokenCount = this.#rowCount;
      record.plan.sampleCount = this.#rowCount;
    }
    this.#fillRecord(record, slots);
    const { plan, journal } = record;
    plan.requestCount = this.#rowCount;
    if (slots.steeredCount > 0) this.columns.steering.gather(record, slots);
    else plan.editCount = plan.maskCount = 0;
    record.setCount = slots.decoding.length;
    record.leaveCount = slots.leaveCount;
    plan.swapOutCount = writePairs(this.columns.swapOuts, journal.swapOuts);
    plan.swapInCount = writePairs(this.columns.swapIns, journal.swapIns);
    plan.copyCount = writePairs(this.columns.copies, journal.copies);
    const { groups } = this.#kv.tables;
    for (let group = 0; group < groups.length; group++) groups[group].takeChanges();
  }

  /** Gives a row to each request with tokens. Returns the number of leading rows that did not change. */
  #arrange({ others, chunks, samples }: Slots, records: readonly StepRecord[]): number {
    let firstOther = this.#rows.length;
    for (let i = 0; i < others.length; i++) {
      const { slot } = others[i];
      const row = this.#rows[slot];
      if (row === NONE) continue;
      if (chunks[slot] === 0) this.drop(slot);
      else if (chunks[slot] !== 1 || samples[slot] !== 1) firstOther = Math.min(firstOther, row);
    }
    if (this.#firstGap < this.#rowCount) this.#closeGaps(records);
    for (let i = 0; i < this.#newcomers.length; i++) {
      const slot = this.#newcomers.items[i];
      this.#rows[slot] = this.#rowCount;
      this.columns.requestSlots[this.#rowCount++] = slot;
    }
    this.#newcomers.length = 0;
    return Math.min(this.#steadyRows, firstOther);
  }

  #closeGaps(records: readonly StepRecord[]): void {
    const { requestSlots } = this.columns;
    const first = this.#firstGap;
    let kept = first;
    for (let row = first; row < this.#rowCount; row++) {
      const slot = requestSlots[row];
      if (slot === NONE) continue;
      this.#rows[slot] = kept;
      requestSlots[kept++] = slot;
    }
    this.#rowCount = kept;
    this.#firstGap = this.#rows.length;
    this.#steadyRows = Math.min(this.#steadyRows, first);
    for (const record of records) record.steadyRows = Math.min(record.steadyRows, first);
  }

  /** Leading rows of one token and one sample, whose other columns are filled. */
  #gatherDecodes(count: number, { computed, known, newest }: Slots): void {
    const { requestSlots, tokenIds, positions, contextLengths, groups } = this.columns;
    const { slotMapping, bases } = groups[0];
    for (let row = 0; row < count; row++) {
      const slot = requestSlots[row];
      const length = computed[slot];
      contextLengths[row] = length;
      positions[row] = length - 1;
      tokenIds[row] = length <= known[slot] ? newest[slot] : ~row;
      slotMapping[row] = bases[slot] + length - 1;
    }
    for (let group = 1; group < groups.length; group++) {
      const { slotMapping: mapping, bases: starts } = groups[group];
      for (let row = 0; row < count; row++) mapping[row] = starts[requestSlots[row]] + positions[row];
    }
  }

  /** The rows from `from` on, with all their columns. */
  #gatherRows(from: number, record: StepRecord, slots: Slots): void {
    const { requestSlots, contextLengths, queryIndptr, sampleIndptr, adapterIds } = this.columns;
    const { computed, chunks, samples, scores } = slots;
    let token = from;
    let sample = from;
    let steady = from;
    for (let row = from; row < this.#rowCount; row++) {
      const slot = requestSlots[row];
      const { adapterId, promptTokenCount } = slots.sequences[slot]!;
      contextLengths[row] = computed[slot];
      adapterIds[row] = adapterId;
      queryIndptr[row] = token;
      sampleIndptr[row] = sample;
      if (chunks[slot] === 1) this.#gatherToken(slot, token, slots);
      else this.#gatherChunk(slot, token, slots);
      token += chunks[slot];
      if (scores[slot] > 0) sample += this.#gatherScores(slot, sample, token, slots);
      if (samples[slot] > 0) this.#gatherSamples(slot, sample, token, slots);
      sample += samples[slot];
      if (steady === row && chunks[slot] === 1 && samples[slot] === 1 && computed[slot] > promptTokenCount) steady++;
    }
    queryIndptr[this.#rowCount] = token;
    sampleIndptr[this.#rowCount] = sample;
    record.plan.tokenCount = token;
    record.plan.sampleCount = sample;
    this.#steadyRows = steady;
  }

  /** The only token of a row: the last known token, a token still on the device, or a prompt's token. */
  #gatherToken(slot: number, token: number, { computed, known, newest, sequences }: Slots): void {
    const position = computed[slot] - 1;
    const { tokenIds, positions, groups } = this.columns;
    positions[token] = position;
    if (position === known[slot] - 1) tokenIds[token] = newest[slot];
    else tokenIds[token] = position >= known[slot] ? ~this.#lastSamples[slot] : sequences[slot]!.tokens[position];
    for (let group = 0; group < groups.length; group++) {
      groups[group].slotMapping[token] = groups[group].bases[slot] + position;
    }
  }

  /** Writes several tokens, all known or drafted. One loop over ids and positions takes half the time of two. */
  #gatherChunk(slot: number, from: number, { computed, chunks, sequences }: Slots): void {
    const { tokenIds, positions, groups } = this.columns;
    const { tokens } = sequences[slot]!;
    const until = from + chunks[slot];
    const start = computed[slot] - chunks[slot];
    for (let at = from, position = start; at < until; at++, position++) {
      tokenIds[at] = tokens[position];
      positions[at] = position;
    }
    for (let group = 0; group < groups.length; group++) this.#mapChunk(group, slot, { from, until, start });
  }

  #mapChunk(group: number, slot: number, { from, until, start }: { from: number; until: number; start: number }): void {
    const { blockSize, groups } = this.#kv.tables;
    const { slotMapping } = this.columns.groups[group];
    let index = Math.floor(start / blockSize);
    let offset = start - index * blockSize;
    for (let at = from; at < until; index++, offset = 0) {
      const end = Math.min(until, at + blockSize - offset);
      for (let kvSlot = groups[group].get(slot, index) * blockSize + offset; at < end; at++, kvSlot++) {
        slotMapping[at] = kvSlot;
      }
    }
  }

  /** Rows of a prompt whose next token is scored, greedily: an edit forces it. Returns how many there are. */
  #gatherScores(slot: number, from: number, tokenEnd: number, { scores, chunks, computed, sequences }: Slots): number {
    const { sampleRows, sampling } = this.columns;
    const sequence = sequences[slot]!;
    const start = computed[slot] - chunks[slot];
    const firstRow = tokenEnd - chunks[slot] + firstScored(sequence, start) - start;
    const params = { ...GREEDY, logprobs: sequence.promptLogprobs };
    for (let i = 0; i < scores[slot]; i++) {
      sampleRows[from + i] = firstRow + i;
      this.#owners[from + i] = undefined;
      writeSampling(sampling, from + i, params, sequence.choice);
    }
    return scores[slot];
  }

  /**
   * Writes the sample rows: choices all sample the row's last token, drafts sample each token from the one before the
   * first draft.
   */
  #gatherSamples(slot: number, from: number, tokenEnd: number, slots: Slots): void {
    const { sampleRows, sampling } = this.columns;
    const count = slots.samples[slot];
    const areDrafts = slots.drafts[slot] > 0;
    this.#lastSamples[slot] = from;
    for (let i = 0; i < count; i++) {
      sampleRows[from + i] = areDrafts ? tokenEnd - count + i : tokenEnd - 1;
      const owner = ownerOf(slots, slot, i);
      if (this.#owners[from + i] === owner) continue;
      this.#owners[from + i] = owner;
      writeSampling(sampling, from + i, owner.sampling, owner.choice);
    }
  }

  /** Rows that were steady when the record was last filled are in it already. */
  #fillRecord(record: StepRecord, slots: Slots): void {
    const { requestSlots } = this.columns;
    const { requests, samples } = record;
    let row = Math.min(record.steadyRows, this.#steadyRows);
    for (let sample = row; row < this.#rowCount; row++) {
      const slot = requestSlots[row];
      const sequence = slots.sequences[slot]!;
      // Storing an object costs more than comparing it.
      if (requests[row] !== sequence) requests[row] = sequence;
      record.slots[row] = slot;
      record.stays[row] = slots.stays[slot];
      record.tokens[row] = slots.chunks[slot];
      record.promptTokens[row] = Math.max(
        0,
        Math.min(slots.chunks[slot], sequence.promptTokenCount - slots.computed[slot] + slots.chunks[slot]),
      );
      record.sampleCounts[row] = slots.samples[slot];
      record.scoreCounts[row] = slots.scores[slot];
      if (slots.scores[slot] > 0) {
        record.scoreStarts[row] = firstScored(sequence, slots.computed[slot] - slots.chunks[slot]) + 1;
        for (let i = 0; i < slots.scores[slot]; i++) samples[sample++] = sequence;
      }
      for (let i = 0; i < slots.samples[slot]; i++, sample++) {
        const owner = ownerOf(slots, slot, i);
        if (samples[sample] !== owner) samples[sample] = owner;
      }
    }
    record.steadyRows = this.#steadyRows;
  }
}

/** The request whose next token a row's i-th sample is: its own, or a choice's that begins with it. */
function ownerOf({ sequences, drafts }: Slots, slot: number, i: number): Sequence {
  const sequence = sequences[slot]!;
  return i === 0 || drafts[slot] > 0 ? sequence : sequence.followers[i - 1];
}
