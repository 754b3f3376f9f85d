import { assert } from "../../assert.ts";
import type { StepPlan } from "../../step.ts";
import { createGatheredTables, gatherTables, type GatheredTables, type TableLayout } from "../../step-tables.ts";
import type { BackendInfo } from "../backend.ts";
import type { Arena } from "./arena.ts";

/** Block tables of one group in the backend's memory: the only reader of a plan's tables. */
export class TableColumns {
  /** [T] KV slots. */
  readonly slots: number;
  /** [starts[R]] blocks of the rows' tables, one behind the other. */
  readonly tables: number;
  /** [R+1] where each row's table begins. */
  readonly starts: number;
  /** [R] position of each table's first slot. */
  readonly firstPositions: number;
  readonly #capacity: number;
  readonly #gathered: GatheredTables;
  readonly #layouts: readonly TableLayout[];
  #buffer: ArrayBufferLike = new ArrayBuffer(0);

  constructor(arena: Arena, { maxTokens, maxRequests, contextLength, blockSize, groups }: BackendInfo) {
    this.#gathered = createGatheredTables(maxRequests);
    this.#layouts = groups.map(({ window }) => ({ blockSize, window }));
    this.#capacity = maxRequests * (Math.ceil(contextLength / blockSize) + 1);
    this.slots = arena.take(4 * maxTokens, "KV slots");
    this.tables = arena.take(4 * this.#capacity, "block tables");
    this.starts = arena.take(4 * (maxRequests + 1), "block tables");
    this.firstPositions = arena.take(4 * maxRequests, "block tables");
  }

  open(buffer: ArrayBufferLike): void {
    this.#buffer = buffer;
  }

  /** Copies the tables of group `g` of a checked plan. */
  pack(plan: StepPlan, g: number): void {
    const { starts, firstPositions } = this.#gathered;
    gatherTables(plan, g, this.#layouts[g], this.#gathered);
    const count = starts[plan.requestCount];
    this.#copy(this.slots, plan.groups[g].slotMapping, plan.tokenCount);
    this.#copy(this.starts, starts, plan.requestCount + 1);
    this.#copy(this.firstPositions, firstPositions, plan.requestCount);
    assert(count <= this.#capacity, () => `${count} entries of block tables, room for ${this.#capacity}`);
    this.#copy(this.tables, this.#gathered.blocks, count);
  }

  #copy(address: number, values: Int32Array, count: number): void {
    const target = new Int32Array(this.#buffer, address, count);
    for (let i = 0; i < count; i++) target[i] = values[i];
  }
}
