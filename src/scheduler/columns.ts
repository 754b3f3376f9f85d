import type { IntList } from "../blocks/int-list.ts";
import type { StepJournal } from "../blocks/step-journal.ts";
import type { SamplingParams } from "../request.ts";
import type { SamplingColumns } from "../step.ts";
import { TableColumns } from "./table-columns.ts";

/** Sizes that the columns are made for. */
export interface ColumnLimits {
  readonly maxTokens: number;
  readonly maxRequests: number;
  readonly blockCount: number;
  readonly hostBlockCount: number;
  readonly blockSize: number;
  readonly groupCount: number;
}

/** The memory behind every plan: allocated once. */
export class Columns {
  readonly tokenIds: Int32Array;
  readonly positions: Int32Array;
  readonly queryIndptr: Int32Array;
  readonly requestSlots: Int32Array;
  readonly contextLengths: Int32Array;
  readonly adapterIds: Int32Array;
  readonly groups: readonly TableColumns[];
  readonly sampleIndptr: Int32Array;
  readonly sampleRows: Int32Array;
  readonly sampling: SamplingColumns;
  readonly swapOuts: Int32Array;
  readonly swapIns: Int32Array;
  readonly copies: Int32Array;

  constructor(limits: ColumnLimits) {
    const { maxTokens, maxRequests } = limits;
    this.tokenIds = new Int32Array(maxTokens);
    this.positions = new Int32Array(maxTokens);
    this.queryIndptr = new Int32Array(maxRequests + 1);
    this.requestSlots = new Int32Array(maxRequests);
    this.contextLengths = new Int32Array(maxRequests);
    this.adapterIds = new Int32Array(maxRequests);
    this.groups = Array.from({ length: limits.groupCount }, (_, group) => new TableColumns(group, limits));
    this.sampleIndptr = new Int32Array(maxRequests + 1);
    this.sampleRows = new Int32Array(maxTokens);
    this.sampling = samplingColumns(maxTokens);
    this.swapOuts = new Int32Array(2 * limits.hostBlockCount);
    this.swapIns = new Int32Array(2 * limits.hostBlockCount);
    // A request copies a block a group at most: its partial match, or its unshared last block.
    this.copies = new Int32Array(2 * maxRequests * limits.groupCount);
  }
}

function samplingColumns(count: number): SamplingColumns {
  return {
    temperature: new Float32Array(count),
    topK: new Int32Array(count),
    topP: new Float32Array(count),
    minP: new Float32Array(count),
    seed: new Int32Array(2 * count),
    choice: new Int32Array(count),
    logprobs: new Int32Array(count),
  };
}

/** Writes several tokens of a request, all known, from token `from` of the plan on. One loop takes half the time of two. */
export function writeChunk({ tokenIds, positions }: Columns, { tokens, chunk, computedTokenCount }: { tokens: Int32Array; chunk: number; computedTokenCount: number }, from: number): void {
  const until = from + chunk;
  for (let at = from, position = computedTokenCount - chunk; at < until; at++, position++) {
    tokenIds[at] = tokens[position];
    positions[at] = position;
  }
}

/** Writes a request's parameters to sample `index`. */
export function writeSampling(columns: SamplingColumns, index: number, params: SamplingParams, choice: number): void {
  columns.temperature[index] = params.temperature;
  columns.topK[index] = params.topK;
  columns.topP[index] = params.topP;
  columns.minP[index] = params.minP;
  columns.seed[2 * index] = params.seed | 0;
  columns.seed[2 * index + 1] = Math.floor(params.seed / 2 ** 32);
  columns.choice[index] = choice;
  columns.logprobs[index] = params.logprobs;
}

/** Writes the copies and swaps that a plan does first, and how many there are. */
export function writeMoves(columns: Columns, counts: { swapOutCount: number; swapInCount: number; copyCount: number }, journal: StepJournal): void {
  counts.swapOutCount = writePairs(columns.swapOuts, journal.swapOuts);
  counts.swapInCount = writePairs(columns.swapIns, journal.swapIns);
  counts.copyCount = writePairs(columns.copies, journal.copies);
}

/** Returns how many there are. */
function writePairs(column: Int32Array, pairs: IntList): number {
  for (let i = 0; i < pairs.length; i++) column[i] = pairs.at(i);
  return pairs.length / 2;
}
