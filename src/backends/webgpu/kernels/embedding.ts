import type { DeviceDType } from "../packing.ts";
import type { Shape } from "../shape.ts";
import { type Kernel, compose, weightPieces } from "./kernel.ts";

/** Threads of a workgroup: 32 vectors of a hidden state. */
export const EMBEDDING_WORKGROUP = 32;

/** hidden = table[token] * scale; bindings: columns, part, table, results of the preceding step, hidden. */
export function embeddingKernel(shape: Shape, dtype: DeviceDType, scale: number): Kernel {
  return {
    label: `embedding ${dtype}`,
    code: compose("columns", "part", ...weightPieces(dtype), "embedding"),
    bindings: ["read", "uniform", "read", "read", "write"],
    constants: { WORKGROUP: EMBEDDING_WORKGROUP, INPUTS: shape.hidden, SCALE: scale },
  };
}
