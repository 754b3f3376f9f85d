import type { DecoderConfig } from "../../../decoder.ts";
import type { KvType } from "../../../kv-type.ts";
import type { Shape } from "../shape.ts";
import { type Kernel, cachePiece, compose } from "./kernel.ts";

/** One head of one token a thread, without barriers, or a workgroup; their bits are the same. */
export type AttentionVariant = "thread" | "group";

/** Heads of one token that a workgroup computes: 4 keep several workgroups busy at batch 1. */
export const ATTENTION_HEADS: Readonly<Record<AttentionVariant, number>> = { thread: 4, group: 1 };

/** Longest head of the `group` variant, whose 64 lanes have a vector each. */
export const MAX_HEAD_DIM = 256;

/** What attention is compiled for. */
export interface AttentionShape {
  readonly shape: Shape;
  readonly config: Pick<DecoderConfig, "attentionScale" | "attentionSoftCap">;
  readonly blockSize: number;
  /** Most recent positions that a token sees; null for all. */
  readonly window: number | null;
  readonly kv: KvType;
}

/** Attention over block tables; bindings: columns, part, queries, cache, attended. */
export function attentionKernel(
  variant: AttentionVariant,
  { shape, config, blockSize, window, kv }: AttentionShape,
): Kernel {
  const workgroup: Kernel["constants"] = variant === "thread" ? { WORKGROUP: ATTENTION_HEADS.thread } : {};
  const scales = kv === "int8" ? "cache-scaled" : "cache-unscaled";
  const pieces = ["columns", "part", cachePiece(kv), scales, "soft-cap", "attention", `attention-${variant}`] as const;
  return {
    label: `attention-${variant} ${kv}`,
    code: `const HEAD = ${shape.head}u;\n${compose(...pieces)}`,
    bindings: ["read", "uniform", "read", "read", "write"],
    constants: {
      ...workgroup,
      QUERY_HEADS: shape.headCount,
      SHARING: shape.sharing,
      BLOCK_SIZE: blockSize,
      WINDOW: window ?? 0,
      SCALE: config.attentionScale,
      SOFT_CAP: config.attentionSoftCap ?? 0,
    },
  };
}
