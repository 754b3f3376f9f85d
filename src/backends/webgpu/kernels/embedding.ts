import type { FloatDType } from "../packing.ts";
import type { Shape } from "../shape.ts";
import { type Kernel, compose, weightsPrelude } from "./kernel.ts";

/** Threads of a workgroup: 16 vectors of a hidden state. */
export const EMBEDDING_WORKGROUP = 16;

/** hidden = table[token]; bindings: columns, part, table, results of the preceding step, hidden. */
export function embeddingKernel(shape: Shape, dtype: FloatDType): Kernel {
  return {
    label: `embedding ${dtype}`,
    code: compose("columns", "part", weightsPrelude(dtype), "embedding"),
    bindings: ["read", "uniform", "read", "read", "write"],
    constants: { WORKGROUP: EMBEDDING_WORKGROUP, OUTPUTS: shape.hidden },
  };
}
