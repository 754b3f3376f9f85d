import { assert } from "../assert.ts";
import type { Backend } from "../backends/backend.ts";
import { MAX_TOP_LOGPROBS } from "../config.ts";
import type { SamplingParams } from "../sampling-params.ts";
import type { StepPlan, StepResult } from "../step.ts";
import { poisonBytes } from "./poison.ts";
import { type LogitEdit, type PlanMoves, type PlanRow, makePlan } from "./make-plan.ts";
import { TableTeller } from "./table-teller.ts";

/** A request as the driver sees it. Change its tables only between steps. */
export interface Sequence {
  readonly slot: number;
  /** Known ids; `~i` stands for sample i of the step in flight. */
  readonly tokenIds: number[];
  /** How many of them have their keys and values in the cache. */
  computedCount: number;
  /** Block ids by group, in order of position, from block `firstBlocks[group]` of the sequence. */
  readonly tables: number[][];
  /** By group: above 0 once a window has slid. */
  readonly firstBlocks: number[];
  readonly options: SequenceOptions;
}

export interface SequenceOptions {
  readonly sampling?: Partial<SamplingParams>;
  readonly choice?: number;
  readonly adapterId?: number;
  /** Of each of its samples. */
  readonly edits?: readonly LogitEdit[];
  readonly mask?: Int32Array;
}

/** How much of a sequence a step computes. */
export interface Share {
  readonly sequence: Sequence;
  /** Default: all that is known and not computed. */
  readonly count?: number;
  /** Which tokens are sampled after; default the last known one, where the share reaches it. */
  readonly sample?: "all" | "none";
  /** Samples the last known token once for each of these choices; the first one's id is appended. */
  readonly choices?: readonly number[];
}

/** One sample of a step, copied out of its result. */
export interface Sample {
  readonly sequence: Sequence;
  /** Position of the token that was chosen. */
  readonly position: number;
  readonly tokenId: number;
  /** [vocabSize], where the backend keeps logits. */
  readonly logits: Float32Array | null;
  readonly logprob: number | null;
  readonly topIds: readonly number[];
  readonly topLogprobs: readonly number[];
}

/** A step that runs. */
export interface IssuedStep {
  readonly plan: StepPlan;
  /** The backend's own result, and copies of its samples. */
  readonly done: Promise<{ readonly result: StepResult; readonly samples: readonly Sample[] }>;
}

/** A sample before its step has run. */
interface PlannedSample {
  readonly sequence: Sequence;
  readonly position: number;
}

export interface PlanDriverOptions {
  /** The order in which blocks are first handed out. Default: all of them, ascending. */
  readonly order?: readonly number[];
  /**
   * Most tokens of a row. Where it is given windows slide: tables of groups with a window are rings, as short as such
   * rows allow, and blocks that no later token sees are filled with NaN and handed out again. Default: none slides.
   */
  readonly rowTokens?: number;
}

/**
 * Drives a backend without a scheduler: the caller says how many tokens of which sequence a step computes, the driver
 * keeps naive block tables and writes plans out in full, but the changes of tables are a scheduler's. For tests of
 * backends and for authors of backends.
 *
 * Law: every block of `order` is in `free` or in exactly one table, unless the caller shares it.
 */
export class PlanDriver {
  readonly backend: Backend;
  /** Blocks that no table has, next to be taken first. */
  readonly free: number[];
  /** [slots] */
  readonly #sequences: (Sequence | null)[];
  readonly #teller: TableTeller;
  readonly #rowTokens: number | undefined;
  #planCount = 0;

  constructor(backend: Backend, { order, rowTokens }: PlanDriverOptions = {}) {
    const { blockCount, maxRequests } = backend.info;
    this.backend = backend;
    this.free = order?.slice() ?? Array.from({ length: blockCount }, (_, i) => i + 1);
    this.#sequences = Array.from({ length: maxRequests }, () => null);
    this.#rowTokens = rowTokens;
    this.#teller = new TableTeller(backend.info, rowTokens);
  }

  /** Begins a sequence; its tokens are computed by steps. */
  start(promptTokenIds: readonly number[], options: SequenceOptions = {}): Sequence {
    const slot = this.#sequences.indexOf(null);
    assert(slot >= 0, "every request slot is taken");
    const { groups } = this.backend.info;
    const sequence = {
      slot,
      tokenIds: promptTokenIds.slice(),
      computedCount: 0,
      tables: groups.map(() => []),
      firstBlocks: groups.map(() => 0),
      options,
    };
    this.#sequences[slot] = sequence;
    return sequence;
  }

  /** Gives the sequence's blocks and slot back. */
  finish(sequence: Sequence): void {
    for (const table of sequence.tables) this.free.push(...table.splice(0));
    this.#sequences[sequence.slot] = null;
  }

  takeBlock(): number {
    const block = this.free.shift();
    assert(block !== undefined, "no block is free");
    return block;
  }

  /** Computes a step and appends the ids that were sampled after last known tokens. */
  async step(shares: readonly Share[], moves?: PlanMoves): Promise<readonly Sample[]> {
    return (await this.issue(shares, moves).done).samples;
  }

  /**
   * Hands a step to the backend and, before it is done, counts its tokens as computed; a step issued meanwhile is fed
   * this one's samples on the device. A failed step is taken back.
   */
  issue(shares: readonly Share[], moves?: PlanMoves): IssuedStep {
    const rows = shares.map((share) => this.#planRow(share));
    const planned = rows.flatMap((row, r) =>
      row.sampled.map((i) => ({ sequence: shares[r].sequence, position: row.position + i + 1 })),
    );
    const plan = makePlan(this.#planCount++, this.backend.info.blockSize, rows, moves, this.#tell());
    const result = this.backend.execute(plan);
    const before = shares.map(({ sequence }) => [sequence.computedCount, sequence.tokenIds.length] as const);
    for (const [r, { sequence }] of shares.entries()) sequence.computedCount += rows[r].tokenIds.length;
    for (const [i, { sequence, position }] of planned.entries()) {
      if (position === sequence.tokenIds.length) sequence.tokenIds.push(~i);
    }
    const ends = shares.map(({ sequence }) => [sequence, sequence.computedCount] as const);
    return {
      plan,
      done: this.#settle(result, planned, () => this.#takeBack(shares, before)).then((outcome) =>
        this.#slide(ends).then(() => outcome),
      ),
    };
  }

  #tell(): ReturnType<TableTeller["tell"]> {
    const sequences = this.#sequences.filter((sequence) => sequence !== null);
    return this.#teller.tell(
      this.backend.info.groups.map((_, group) =>
        sequences.map(({ slot, tables, firstBlocks }) => ({ slot, first: firstBlocks[group], blocks: tables[group] })),
      ),
    );
  }

  #takeBack(shares: readonly Share[], before: Parameters<typeof takeBack>[1]): void {
    this.#teller.forget();
    takeBack(shares, before);
  }

  async #settle(pending: Promise<StepResult>, planned: readonly PlannedSample[], undo: () => void): IssuedStep["done"] {
    try {
      const result = await pending;
      const samples = planned.map((sample, i) => copySample(result, sample, i, this.backend.info.vocabSize));
      for (const { sequence, position, tokenId } of samples) {
        if (sequence.tokenIds[position] < 0) sequence.tokenIds[position] = tokenId;
      }
      return { result, samples };
    } catch (error) {
      undo();
      throw error;
    }
  }

  #planRow({ sequence, count: wanted, sample, choices }: Share): PlanRow {
    const { slot, tokenIds, computedCount: position, tables, firstBlocks, options } = sequence;
    const count = wanted ?? tokenIds.length - position;
    const end = position + count;
    assert(count >= 1 && end <= tokenIds.length, () => `${count} tokens of ${tokenIds.length - position}`);
    const blocks = Math.ceil(end / this.backend.info.blockSize);
    assert(count <= (this.#rowTokens ?? count), () => `${count} tokens in a row, ${this.#rowTokens} are the most`);
    for (const [group, table] of tables.entries()) {
      while (firstBlocks[group] + table.length < blocks) table.push(this.takeBlock());
    }
    const firstPositions = firstBlocks.map((first) => first * this.backend.info.blockSize);
    const all = Array.from({ length: count }, (_, i) => i);
    const last = end === tokenIds.length ? (choices ?? [0]).map(() => count - 1) : [];
    const sampled = sample === "all" ? all : sample === "none" ? [] : last;
    const own = { slot, tokenIds: tokenIds.slice(position, end), position, tables, firstPositions };
    const { edits = [], mask = null, ...rest } = options;
    const steering = { edits: sampled.map(() => edits), masks: sampled.map(() => mask) };
    return { ...own, sampled, choices, ...rest, ...steering };
  }

  /** Windows move on to what tokens behind a step see. The blocks before are filled with NaN and handed out next. */
  async #slide(ends: readonly (readonly [sequence: Sequence, end: number])[]): Promise<void> {
    if (this.#rowTokens === undefined) return;
    const { groups, blockSize } = this.backend.info;
    const dead: number[] = [];
    for (const [{ tables, firstBlocks }, end] of ends) {
      for (const [group, { window }] of groups.entries()) {
        if (window === null || tables[group].length === 0) continue;
        const first = Math.max(firstBlocks[group], Math.floor(Math.max(0, end + 1 - window) / blockSize));
        dead.push(...tables[group].splice(0, first - firstBlocks[group]));
        firstBlocks[group] = first;
      }
    }
    if (dead.length === 0) return;
    const filled = this.backend.writeBlocks(dead, poisonBytes(this.backend.info, dead.length));
    this.free.unshift(...dead);
    await filled;
  }
}

function takeBack(
  shares: readonly Share[],
  before: readonly (readonly [computedCount: number, known: number])[],
): void {
  for (const [i, { sequence }] of shares.entries()) {
    const [computedCount, known] = before[i];
    // A later step may have been rolled back already.
    sequence.computedCount = Math.min(sequence.computedCount, computedCount);
    sequence.tokenIds.length = Math.min(sequence.tokenIds.length, known);
  }
}

function copySample(result: StepResult, { sequence, position }: PlannedSample, i: number, vocabSize: number): Sample {
  const wanted = sequence.options.sampling?.logprobs ?? -1;
  const top = i * MAX_TOP_LOGPROBS;
  return {
    sequence,
    position,
    tokenId: result.tokenIds[i],
    logits: result.logits?.slice(i * vocabSize, (i + 1) * vocabSize) ?? null,
    logprob: wanted < 0 ? null : (result.logprobs?.[i] ?? null),
    topIds: [...(result.topIds?.subarray(top, top + Math.max(0, wanted)) ?? [])],
    topLogprobs: [...(result.topLogprobs?.subarray(top, top + Math.max(0, wanted)) ?? [])],
  };
}
