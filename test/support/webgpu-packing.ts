import { type MatrixPlan, packSource, packedBytes, piecesOf } from "../../src/backends/webgpu/packing.ts";
import type { Tensor } from "../../src/model.ts";

/** Columns [first, first + count) of all matrices of a plan whose sources are in memory, packed in pieces. */
export function packAll(
  plan: MatrixPlan,
  first = 0,
  count = plan.columnRows.length,
  pieceBytes = Number.POSITIVE_INFINITY,
): ArrayBuffer {
  const range = { firstMatrix: 0, matrixCount: plan.matrixCount, firstColumn: first, columnCount: count };
  const all = new Uint8Array(plan.matrixCount * packedBytes(plan, count));
  let offset = 0;
  for (const piece of piecesOf(plan, range, pieceBytes)) {
    const target = new ArrayBuffer((packedBytes(plan, count) / plan.inputs.length) * piece.inputCount);
    for (const [source, tensor] of plan.sources.entries()) {
      packSource(plan, source, (tensor as Tensor).bytes, piece, target);
    }
    all.set(new Uint8Array(target), offset);
    offset += target.byteLength;
  }
  return all.buffer;
}
