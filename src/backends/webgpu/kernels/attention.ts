import type { DecoderConfig } from "../../../decoder.ts";
import type { KvType } from "../../../kv-type.ts";
import type { Shape } from "../shape.ts";
import { type Binding, type Kernel, type SourceName, cachePiece, compose } from "./kernel.ts";
import { unroll } from "./unroll.ts";

/**
 * `thread`: one head of one token a thread, without barriers. `group`: query heads that share a key head, of one token,
 * a workgroup. Their bits are the same.
 */
export type AttentionVariant = "thread" | "group";

/** Positions of a segment, SEGMENT of attention-task.wgsl: what a workgroup of the split form takes. */
export const ATTENTION_SEGMENT = 256;

/** Longest head of the `group` variant, whose 64 lanes have a vector each. */
export const MAX_HEAD_DIM = 256;

/** Heads of one token that a workgroup of the `thread` variant computes: 4 keep several workgroups busy at batch 1. */
const THREADS = 4;
/** Lanes of a workgroup of the `group` variant: four positions each. */
const LANES = ATTENTION_SEGMENT / 4;
/** Registers for the scores of more heads would spill on many GPUs. */
const MOST_SHARED = 8;
/** WebGPU's default limit of workgroup memory, less the keys of the lanes and the heads' maxima. */
const WORKGROUP_BYTES = 16_384 - 16 * LANES - 4 * MOST_SHARED;

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
export function attentionKernel(variant: AttentionVariant, attention: AttentionShape): Kernel {
  const name = `attention-${variant}` as const;
  const pieces: SourceName[] = variant === "thread" ? [] : ["attention-lanes"];
  const workgroup: Kernel["constants"] = variant === "thread" ? { WORKGROUP: THREADS } : {};
  return kernelOf(attention, name, [...cachedPieces(attention), ...pieces, name], {
    bindings: ["read", "uniform", "read", "read", "write"],
    constants: { ...workgroup, ...cachedConstants(attention) },
  });
}

/** The `group` variant over one segment a workgroup; bindings: columns, part, queries, cache, partials. */
export function attentionSplitKernel(attention: AttentionShape, segments: number): Kernel {
  const pieces = ["attention-lanes", "attention-partials", "attention-split"] as const;
  return kernelOf(attention, "attention-split", [...cachedPieces(attention), ...pieces], {
    bindings: ["read", "uniform", "read", "read", "write"],
    constants: { ...cachedConstants(attention), SEGMENTS: segments },
  });
}

/** Merges what the split form wrote; bindings: columns, part, partials, attended. */
export function attentionTotalKernel(attention: AttentionShape, segments: number): Kernel {
  const pieces = ["attention-merge", "attention-partials", "attention-total"] as const;
  return kernelOf(attention, "attention-total", pieces, {
    bindings: ["read", "uniform", "read", "write"],
    constants: { ...taskConstants(attention), SEGMENTS: segments },
  });
}

/** Workgroups for `kvHeads` key heads of a token. */
export function attentionWidth(variant: AttentionVariant, shape: Shape, kvHeads: number): number {
  if (variant === "thread") return Math.ceil((kvHeads * shape.sharing) / THREADS);
  return kvHeads * Math.ceil(shape.sharing / sharedHeads(shape));
}

/** Query heads of one key head that a workgroup takes together: all of them, where its memory suffices. */
export function sharedHeads({ head, sharing }: Pick<Shape, "head" | "sharing">): number {
  const bytesPerHead = 16 * head + (16 + 4) * LANES;
  const most = Math.min(MOST_SHARED, Math.floor(WORKGROUP_BYTES / bytesPerHead));
  return Math.ceil(sharing / Math.ceil(sharing / most));
}

/** Segments of a context of `positions` tokens. */
export function attentionSegments(positions: number): number {
  return Math.ceil(positions / ATTENTION_SEGMENT);
}

/** Bytes of what the split form writes for one row. */
export function partialBytes({ headCount, head }: Shape, segments: number): number {
  return headCount * segments * (head + 1) * 16;
}

function kernelOf(
  { shape, kv }: AttentionShape,
  name: string,
  pieces: readonly SourceName[],
  { bindings, constants }: { readonly bindings: readonly Binding[]; readonly constants: Kernel["constants"] },
): Kernel {
  const shared = sharedHeads(shape);
  const spread = Math.max(1, Math.min(shared, Math.floor(LANES / shape.head)));
  const parts = Math.ceil(shared / spread);
  const sizes = { HEAD: shape.head, SHARED: shared, SPREAD: spread, PARTS: parts };
  const lines = Object.entries(sizes).map(([constant, value]) => `const ${constant} = ${value}u;\n`);
  const text = compose("columns", "part", cachePiece(kv), "attention-task", ...pieces);
  return {
    label: `${name} ${kv}`,
    code: `${lines.join("")}${unroll(text, { QUERY: shared, PART: parts })}`,
    bindings,
    constants,
  };
}

function cachedPieces({ kv }: AttentionShape): SourceName[] {
  const scales = kv === "int8" ? "cache-scaled" : "cache-unscaled";
  return [scales, "soft-cap", "attention", "attention-merge"];
}

function taskConstants({ shape, blockSize, window }: AttentionShape): Kernel["constants"] {
  return { QUERY_HEADS: shape.headCount, SHARING: shape.sharing, BLOCK_SIZE: blockSize, WINDOW: window ?? 0 };
}

function cachedConstants(attention: AttentionShape): Kernel["constants"] {
  const { attentionScale, attentionSoftCap } = attention.config;
  return { ...taskConstants(attention), SCALE: attentionScale, SOFT_CAP: attentionSoftCap ?? 0 };
}
