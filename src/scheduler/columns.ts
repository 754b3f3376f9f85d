import type { TableGroup } from "../blocks/table-group.ts";
import type { IntList } from "../collections/int-list.ts";
import type { SamplingParams } from "../sampling-params.ts";
import type { PlanGroup, SamplingColumns } from "../step.ts";
import { SteeringColumns } from "./steering-columns.ts";

/** Sizes that the columns are made for. */
export interface ColumnLimits {
  readonly maxTokens: number;
  readonly maxRequests: number;
  readonly hostBlockCount: number;
}

/** One group of the plan: the tables are the requests' own. */
export class GroupColumns implements PlanGroup {
  readonly slotMapping: Int32Array;
  /**
   * [slots] KV slot of the last computed token less its position: the next token of the same block is at base +
   * position.
   */
  readonly bases: Int32Array;
  readonly #tables: TableGroup;

  constructor(tables: TableGroup, { maxTokens, maxRequests }: ColumnLimits) {
    this.#tables = tables;
    this.slotMapping = new Int32Array(maxTokens);
    this.bases = new Int32Array(maxRequests);
  }

  get stride(): number {
    return this.#tables.stride;
  }

  get tables(): Int32Array {
    return this.#tables.ids;
  }

  get changeCount(): number {
    return this.#tables.changeCount;
  }

  get changes(): Int32Array {
    return this.#tables.changes;
  }
}

/** The memory behind every plan: allocated once. */
export class Columns {
  readonly tokenIds: Int32Array;
  readonly positions: Int32Array;
  readonly queryIndptr: Int32Array;
  readonly requestSlots: Int32Array;
  readonly contextLengths: Int32Array;
  readonly adapterIds: Int32Array;
  readonly groups: readonly GroupColumns[];
  readonly sampleIndptr: Int32Array;
  readonly sampleRows: Int32Array;
  readonly sampling: SamplingColumns;
  readonly steering: SteeringColumns;
  readonly swapOuts: Int32Array;
  readonly swapIns: Int32Array;
  readonly copies: Int32Array;

  constructor(limits: ColumnLimits, groups: readonly TableGroup[]) {
    const { maxTokens, maxRequests } = limits;
    this.tokenIds = new Int32Array(maxTokens);
    this.positions = new Int32Array(maxTokens);
    this.queryIndptr = new Int32Array(maxRequests + 1);
    this.requestSlots = new Int32Array(maxRequests);
    this.contextLengths = new Int32Array(maxRequests);
    this.adapterIds = new Int32Array(maxRequests);
    this.groups = groups.map((tables) => new GroupColumns(tables, limits));
    this.sampleIndptr = new Int32Array(maxRequests + 1);
    this.sampleRows = new Int32Array(maxTokens);
    this.sampling = samplingColumns(maxTokens);
    this.steering = new SteeringColumns(maxTokens);
    this.swapOuts = new Int32Array(2 * limits.hostBlockCount);
    this.swapIns = new Int32Array(2 * limits.hostBlockCount);
    // A request copies a block a group at most: its partial match, or its shared last block.
    this.copies = new Int32Array(2 * maxRequests * groups.length);
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

/** Writes pairs of blocks; returns how many there are. */
export function writePairs(column: Int32Array, pairs: IntList): number {
  for (let i = 0; i < pairs.length; i++) column[i] = pairs.items[i];
  return pairs.length / 2;
}
