import { type MatrixPlan, packSource, packedBytes } from "../../src/backends/webgpu/packing.ts";
import type { Tensor } from "../../src/model.ts";

/** Columns [first, first + count) of all matrices of a plan whose sources are in memory. */
export function packAll(plan: MatrixPlan, first = 0, count = plan.columnRows.length): ArrayBuffer {
  const target = new ArrayBuffer(plan.matrixCount * packedBytes(plan, count));
  const range = { firstMatrix: 0, matrixCount: plan.matrixCount, firstColumn: first, columnCount: count };
  for (const [source, tensor] of plan.sources.entries()) {
    packSource(plan, source, (tensor as Tensor).bytes, range, target);
  }
  return target;
}
