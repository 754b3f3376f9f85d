import type { BackendInfo } from "../backends/backend.ts";
import type { SlotTable, ToldTables } from "./make-plan.ts";

/** Entries of the first tables of a group without a window: few, so that tables grow in every test. */
const FIRST_STRIDE = 4;

export type TableShape = Pick<BackendInfo, "blockSize" | "contextLength" | "groups" | "maxRequests">;

/**
 * Tells block tables as a scheduler does: what was written since the plan before, of every slot, and whole tables where
 * they have grown or a step has failed.
 */
export class TableTeller {
  /** [groups] */
  readonly #strides: number[];
  /** [groups][slots] the table that plans have told of each slot. */
  readonly #told: (SlotTable | undefined)[][];
  readonly #growing: readonly boolean[];
  readonly #slotCount: number;

  /** `rowTokens`: windows slide, and no row has more tokens. Without it every table has all blocks of its sequence. */
  constructor({ blockSize, contextLength, groups, maxRequests }: TableShape, rowTokens?: number) {
    this.#slotCount = maxRequests;
    this.#growing = groups.map(({ window }) => window === null);
    this.#told = groups.map(() => []);
    this.#strides = groups.map(({ window }) => {
      if (window === null) return FIRST_STRIDE;
      if (rowTokens === undefined) return Math.ceil(contextLength / blockSize);
      return ringStride(window, rowTokens, blockSize);
    });
  }

  /** [groups] what the next plan says of the tables. */
  tell(tables: readonly (readonly SlotTable[])[]): ToldTables[] {
    return tables.map((placed, group) => {
      this.#grow(group, Math.max(0, ...placed.map(({ first, blocks }) => first + blocks.length)));
      const told = this.#told[group];
      const changes = placed.flatMap((table) => {
        const range = newBlocks(told[table.slot], table);
        told[table.slot] = { ...table, blocks: table.blocks.slice() };
        return range === null ? [] : [[table.slot, ...range] as const];
      });
      const empty = Array.from({ length: this.#slotCount }, (_, slot): SlotTable => ({ slot, first: 0, blocks: [] }));
      return { stride: this.#strides[group], others: [...empty, ...placed], changes };
    });
  }

  /** A step has failed, and its changes are lost: the next plan tells whole tables. */
  forget(): void {
    for (const told of this.#told) told.length = 0;
  }

  #grow(group: number, needed: number): void {
    if (!this.#growing[group] || needed <= this.#strides[group]) return;
    while (this.#strides[group] < needed) this.#strides[group] *= 2;
    this.#told[group].length = 0;
  }
}

/** Blocks that hold the window before two steps of `rowTokens` tokens, and those tokens, cut at both ends. */
function ringStride(window: number, rowTokens: number, blockSize: number): number {
  return Math.ceil((window - 1 + 2 * rowTokens - 1) / blockSize) + 1;
}

/** From the first block that the table told before has not, or has another in its place, to the last; null for none. */
function newBlocks(told: SlotTable | undefined, { first, blocks }: SlotTable): [first: number, end: number] | null {
  const from = blocks.findIndex((block, i) => told?.blocks[first + i - told.first] !== block);
  return from < 0 ? null : [first + from, first + blocks.length];
}
