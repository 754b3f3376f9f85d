import type { StepPlan } from "../step.ts";

/** The slot that a row's table has for a position, in one group; -1 where the position is outside the table. */
export function slotInTable(plan: StepPlan, place: { readonly row: number; readonly group: number; readonly position: number }, blockSize: number): number {
  const { row, group, position } = place;
  const { blockIndptr, blockIndices, firstPosition } = plan.groups[group];
  const index = Math.floor((position - firstPosition[row]) / blockSize);
  if (index < 0 || blockIndptr[row] + index >= blockIndptr[row + 1]) return -1;
  return blockIndices[blockIndptr[row] + index] * blockSize + (position % blockSize);
}

/** A row's block ids in one group, in order of position. */
export function tableOf(plan: StepPlan, row: number, group: number): Int32Array {
  const { blockIndptr, blockIndices } = plan.groups[group];
  return blockIndices.subarray(blockIndptr[row], blockIndptr[row + 1]);
}
