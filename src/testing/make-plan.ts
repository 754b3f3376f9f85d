import { assert } from "../assert.ts";
import { GREEDY, type SamplingParams } from "../sampling-params.ts";
import type { EditColumns, PlanGroup, SamplingColumns, StepPlan } from "../step.ts";

/** One request's part of a step. */
export interface PlanRow {
  readonly slot: number;
  /** Input ids of consecutive tokens; `~i` is sample i of the preceding plan. */
  readonly tokenIds: readonly number[];
  /** Position of the first of them. */
  readonly position: number;
  /** One block table a group: every block from position `firstPositions[g]` to the last token's. */
  readonly tables: readonly (readonly number[])[];
  /** One a group; 0 where absent. */
  readonly firstPositions?: readonly number[];
  /**
   * Which of `tokenIds`, by index, are sampled after; ascending, one several times where several choices begin with it.
   */
  readonly sampled: readonly number[];
  readonly sampling?: Partial<SamplingParams>;
  readonly choice?: number;
  /** The choice of each sample. Default: `choice` for all. */
  readonly choices?: readonly number[];
  readonly adapterId?: number;
  /** The edits of each sample. Default none. */
  readonly edits?: readonly (readonly LogitEdit[])[];
  /** The mask of each sample, null for none. Default none. */
  readonly masks?: readonly (Int32Array | null)[];
}

/** One edit of a logit; see `EditColumns`. */
export interface LogitEdit {
  readonly tokenId: number;
  readonly bias?: number;
  readonly scale?: number;
  readonly penalty?: number;
}

export type BlockPair = readonly [source: number, target: number];

/** Blocks moved before the forward pass. */
export interface PlanMoves {
  readonly swapOuts?: readonly BlockPair[];
  readonly swapIns?: readonly BlockPair[];
  readonly copies?: readonly BlockPair[];
}

/** The block table of one request slot: blocks `first` and later, in order of position. */
export interface SlotTable {
  readonly slot: number;
  readonly first: number;
  readonly blocks: readonly number[];
}

/** What a plan says of one group's tables, where that is not the whole table of each row. */
export interface ToldTables {
  /** Entries of a slot's table. A table of more blocks is a ring. */
  readonly stride: number;
  /** Tables of slots without a row. */
  readonly others: readonly SlotTable[];
  /** (slot, first, end): what was written since the plan before. */
  readonly changes: readonly (readonly [slot: number, first: number, end: number])[];
}

/** Numbers behind the counted part of each column, of a value that no backend can use unnoticed. */
const SPARE = 3;
const SPARE_INTEGER = 0x7fffffff;

/**
 * A plan written out in full from its rows, obviously right and not fast: every call makes new columns. Columns are
 * longer than their counts and the rest is nonsense, so that a backend that reads on is found out.
 */
export function makePlan(
  index: number,
  blockSize: number,
  rows: readonly PlanRow[],
  moves: PlanMoves = {},
  told?: readonly ToldTables[],
): StepPlan {
  const tokenIds = rows.flatMap((row) => row.tokenIds);
  const positions = rows.flatMap((row) => row.tokenIds.map((_, i) => row.position + i));
  const queryIndptr = indptr(rows.map((row) => row.tokenIds.length));
  const edits = rows.flatMap((row) => row.sampled.map((_, i) => row.edits?.[i] ?? []));
  const masks = rows.flatMap((row) => row.sampled.map((_, i) => row.masks?.[i] ?? null));
  const masked = masks.flatMap((mask, sample) => (mask === null ? [] : [sample]));
  const groupCount = rows.length === 0 ? 1 : rows[0].tables.length;
  return {
    index,
    tokenCount: tokenIds.length,
    requestCount: rows.length,
    sampleCount: rows.reduce((sum, row) => sum + row.sampled.length, 0),
    editCount: edits.flat().length,
    maskCount: masked.length,
    copyCount: moves.copies?.length ?? 0,
    swapOutCount: moves.swapOuts?.length ?? 0,
    swapInCount: moves.swapIns?.length ?? 0,
    tokenIds: integers(tokenIds),
    positions: integers(positions),
    queryIndptr: integers(queryIndptr),
    requestSlots: integers(rows.map((row) => row.slot)),
    contextLengths: integers(rows.map((row) => row.position + row.tokenIds.length)),
    adapterIds: integers(rows.map((row) => row.adapterId ?? 0)),
    groups: Array.from({ length: groupCount }, (_, group) => planGroup(group, blockSize, rows, told?.[group])),
    sampleIndptr: integers(indptr(rows.map((row) => row.sampled.length))),
    sampleRows: integers(rows.flatMap((row, r) => row.sampled.map((i) => queryIndptr[r] + i))),
    sampling: samplingColumns(
      rows.flatMap((row) =>
        row.sampled.map((_, i) => ({ ...row.sampling, choice: row.choices?.[i] ?? row.choice ?? 0 })),
      ),
    ),
    edits: editColumns(edits),
    maskRows: integers(masked),
    maskWords: integers(masked.flatMap((sample) => [...masks[sample]!])),
    swapOuts: integers((moves.swapOuts ?? []).flat()),
    swapIns: integers((moves.swapIns ?? []).flat()),
    copies: integers((moves.copies ?? []).flat()),
  };
}

/** An entry that no position of the rows has. */
const POISON = 0x7fffffff;

/** Tables by slot that hold the rows' blocks and, elsewhere, what no backend can use unnoticed. */
function planGroup(
  group: number,
  blockSize: number,
  rows: readonly PlanRow[],
  told: ToldTables | undefined,
): PlanGroup {
  const placed = rows.map((row): SlotTable => ({
    slot: row.slot,
    first: (row.firstPositions?.[group] ?? 0) / blockSize,
    blocks: row.tables[group],
  }));
  const stride = told?.stride ?? Math.max(1, ...placed.map(({ blocks, first }) => blocks.length + first));
  const changes =
    told?.changes ?? placed.map(({ slot, first, blocks }) => [slot, first, first + blocks.length] as const);
  const slots = rows.flatMap((row, r) =>
    row.tokenIds.map((_, i) => slotOf(row.tables[group], blockSize, row.position + i - placed[r].first * blockSize)),
  );
  return {
    slotMapping: integers(slots),
    stride,
    tables: tablesOf([...(told?.others ?? []), ...placed], stride),
    changeCount: changes.length,
    changes: integers(changes.flat()),
  };
}

/** [slots x stride] */
function tablesOf(placed: readonly SlotTable[], stride: number): Int32Array {
  const tables = new Int32Array((1 + Math.max(0, ...placed.map(({ slot }) => slot))) * stride).fill(POISON);
  for (const { slot, first, blocks } of placed) {
    assert(blocks.length <= stride, () => `${blocks.length} blocks in a table of ${stride}`);
    for (const [i, block] of blocks.entries()) tables[slot * stride + ((first + i) % stride)] = block;
  }
  return tables;
}

/** The slot of the token `offset` tokens after the table's first. */
function slotOf(table: readonly number[], blockSize: number, offset: number): number {
  const block = table[Math.floor(offset / blockSize)];
  assert(block !== undefined, () => `no block for offset ${offset} in a table of ${table.length}`);
  return block * blockSize + (offset % blockSize);
}

function samplingColumns(samples: readonly (Partial<SamplingParams> & { readonly choice: number })[]): SamplingColumns {
  const params = samples.map((sample) => ({ ...GREEDY, ...sample }));
  return {
    temperature: reals(params.map((p) => p.temperature)),
    topK: integers(params.map((p) => p.topK)),
    topP: reals(params.map((p) => p.topP)),
    minP: reals(params.map((p) => p.minP)),
    seed: integers(params.flatMap((p) => [p.seed | 0, Math.floor(p.seed / 2 ** 32)])),
    choice: integers(params.map((p) => p.choice)),
    logprobs: integers(params.map((p) => p.logprobs)),
  };
}

function editColumns(samples: readonly (readonly LogitEdit[])[]): EditColumns {
  const edits = samples.flat();
  return {
    indptr: integers(indptr(samples.map(({ length }) => length))),
    tokenIds: integers(edits.map(({ tokenId }) => tokenId)),
    bias: reals(edits.map(({ bias = 0 }) => bias)),
    scale: reals(edits.map(({ scale = 1 }) => scale)),
    penalty: reals(edits.map(({ penalty = 0 }) => penalty)),
  };
}

function indptr(lengths: readonly number[]): number[] {
  const sums = [0];
  for (const length of lengths) sums.push(sums[sums.length - 1] + length);
  return sums;
}

function integers(values: readonly number[]): Int32Array {
  return new Int32Array(values.length + SPARE).fill(SPARE_INTEGER, values.length).map((spare, i) => values[i] ?? spare);
}

function reals(values: readonly number[]): Float32Array {
  return new Float32Array(values.length + SPARE).fill(Number.NaN).map((spare, i) => values[i] ?? spare);
}
