import { assert } from "../assert.ts";
import type { PlanGroup, StepPlan } from "../step.ts";

/** An entry that no plan has written yet. */
const UNKNOWN = -1;

/**
 * Block tables as a device keeps them: only what the changes of the plans that it ran say. Everything else is unknown,
 * so that a change that is missing is found out.
 */
export class KeptTables {
  /** [groups][slots x stride] */
  readonly tables: Int32Array[] = [];
  readonly #strides: number[] = [];

  /** Runs a plan, after all earlier plans. */
  apply({ groups, index }: StepPlan): void {
    for (const [number, group] of groups.entries()) {
      if (group.stride !== this.#strides[number]) {
        this.tables[number] = new Int32Array(group.tables.length).fill(UNKNOWN);
      }
      this.#strides[number] = group.stride;
      this.#applyChanges(group, this.tables[number], index);
    }
  }

  #applyChanges({ stride, tables, changes, changeCount }: PlanGroup, own: Int32Array, plan: number): void {
    const seen = new Set<number>();
    for (let i = 0; i < changeCount; i++) {
      const [slot, first, end] = changes.subarray(3 * i, 3 * i + 3);
      assert(
        !seen.has(slot) && first < end && end - first <= stride,
        () => `plan ${plan}: change ${i} is of blocks ${first} to ${end} of slot ${slot}, in tables of ${stride}`,
      );
      seen.add(slot);
      for (let index = first; index < end; index++) {
        own[slot * stride + (index % stride)] = tables[slot * stride + (index % stride)];
      }
    }
  }
}
