import type { Shape } from "../shape.ts";
import { type Kernel, compose } from "./kernel.ts";

/** One head of one token a thread, without barriers, or a workgroup; their bits are the same. */
export type AttentionVariant = "thread" | "group";

/** Heads of one token that a workgroup computes: 4 keep several workgroups busy at batch 1. */
export const ATTENTION_HEADS: Readonly<Record<AttentionVariant, number>> = { thread: 4, group: 1 };

/** Longest head of the `group` variant, whose 64 lanes have a vector each. */
export const MAX_HEAD_DIM = 256;

/** What attention is compiled for. */
export interface AttentionShape {
  readonly shape: Shape;
  readonly headDim: number;
  readonly blockSize: number;
  /** Most recent positions that a token sees; null for all. */
  readonly window: number | null;
}

/** Attention over block tables; bindings: columns, part, queries, cache, attended. */
export function attentionKernel(variant: AttentionVariant, { shape, headDim, blockSize, window }: AttentionShape): Kernel {
  const workgroup: Kernel["constants"] = variant === "thread" ? { WORKGROUP: ATTENTION_HEADS.thread } : {};
  return {
    label: `attention-${variant}`,
    code: `const HEAD = ${shape.head}u;\n${compose("columns", "part", "attention", `attention-${variant}`)}`,
    bindings: ["read", "uniform", "read", "read", "write"],
    constants: {
      ...workgroup,
      QUERY_HEADS: shape.headCount,
      SHARING: shape.sharing,
      BLOCK_SIZE: blockSize,
      WINDOW: window ?? 0,
      SCALE: 1 / Math.sqrt(headDim),
    },
  };
}
