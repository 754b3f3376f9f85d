import type { StepPlan } from "../step.ts";

/** Where in a plan: a row's position in one group. */
export interface TablePlace {
  readonly row: number;
  readonly group: number;
  readonly position: number;
}

/**
 * The slot that a row's table has for a position; -1 where the table has no block there. `tables`: of a device that
 * keeps its own.
 */
export function slotInTable(
  plan: StepPlan,
  { row, group, position }: TablePlace,
  blockSize: number,
  tables?: Int32Array,
): number {
  const { stride } = plan.groups[group];
  const block = (tables ?? plan.groups[group].tables)[
    plan.requestSlots[row] * stride + (Math.floor(position / blockSize) % stride)
  ];
  return block < 1 ? -1 : block * blockSize + (position % blockSize);
}
