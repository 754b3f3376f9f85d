import type { PlanGroup, StepPlan } from "../../step.ts";
import { blockAt } from "../../step-tables.ts";
import type { KvStore } from "./kv-store.ts";

/** Positions that room is made for at first; room then doubles. */
const FIRST_ROOM = 64;

/**
 * Keys and values that a request's tokens see in one layer, gathered from its blocks: [position, KV head, headDim].
 * This is the one place that reads block tables.
 */
export class Context {
  keys = new Float64Array(0);
  values = new Float64Array(0);
  /** Position that row 0 of `keys` and `values` has. */
  origin = 0;
  readonly #store: KvStore;

  constructor(store: KvStore) {
    this.#store = store;
  }

  /** Reads the positions of request `request` from `first` on, of layer `layer` within its group. */
  gather(plan: StepPlan, group: PlanGroup, request: number, layer: number, first: number): void {
    const { blockSize } = this.#store.shape;
    const { kvSize } = this.#store;
    const slot = plan.requestSlots[request];
    this.origin = first;
    this.#makeRoom(plan.contextLengths[request] - this.origin);
    for (let position = this.origin; position < plan.contextLengths[request]; position++) {
      const block = blockAt(group, slot, position, blockSize);
      this.#store.readToken(
        block * blockSize + (position % blockSize),
        layer,
        this.keys,
        this.values,
        (position - this.origin) * kvSize,
      );
    }
  }

  #makeRoom(positions: number): void {
    const { kvSize } = this.#store;
    if (this.keys.length >= positions * kvSize) return;
    const room = Math.max(FIRST_ROOM, 2 * positions) * kvSize;
    this.keys = new Float64Array(room);
    this.values = new Float64Array(room);
  }
}
