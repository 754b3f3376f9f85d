import type { Shape } from "../shape.ts";
import { type Kernel, compose } from "./kernel.ts";

/** Threads of a workgroup: 4 heads of one token, which keeps several workgroups busy at batch 1. */
export const ATTENTION_WORKGROUP = 4;

/** Attention over block tables; `window` in tokens, null for all; bindings: columns, part, queries, cache, attended. */
export function attentionKernel(shape: Shape, headDim: number, blockSize: number, window: number | null): Kernel {
  return {
    label: "attention",
    code: `const HEAD = ${shape.head}u;\n${compose("columns", "part", "attention-shared", "attention")}`,
    bindings: ["read", "uniform", "read", "read", "write"],
    constants: {
      WORKGROUP: ATTENTION_WORKGROUP,
      QUERY_HEADS: shape.headCount,
      SHARING: shape.sharing,
      BLOCK_SIZE: blockSize,
      WINDOW: window ?? 0,
      SCALE: 1 / Math.sqrt(headDim),
    },
  };
}
