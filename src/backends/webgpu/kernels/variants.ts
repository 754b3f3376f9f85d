import type { AttentionVariant } from "./attention.ts";
import type { LinearClass } from "./linear-cuts.ts";
import type { NormVariant } from "./rms-norm.ts";

/** Kinds of devices: shaders on a CPU, or a GPU. */
export const VARIANT_FAMILIES = ["software", "gpu"] as const;
export type VariantFamily = (typeof VARIANT_FAMILIES)[number];

/** Which variants of the kernels run. All of them give the same bits: this is a choice of speed alone. */
export interface Variants {
  /** Matrix products by number of rows, in ascending order of `mostRows`; the last serves larger steps too. */
  readonly linear: readonly LinearClass[];
  readonly norm: NormVariant;
  readonly attention: AttentionVariant;
}

/**
 * Where shaders run on a CPU, workgroup memory and barriers are the slow path: 5 to 8 times in a matrix product on
 * SwiftShader. There an eight-row tile costs three times a row (bench/backends/webgpu/kernels/linear.bench.ts).
 */
export const SOFTWARE_VARIANTS: Variants = {
  linear: [
    { mostRows: 2, kind: "row", rows: 1, rowGroups: 1 },
    { mostRows: 65_535, kind: "tile", rows: 8, rowGroups: 1 },
  ],
  norm: "thread",
  attention: "thread",
};

/**
 * A GPU wants many threads even for one row, and reads each weight once for all rows of a step while there are few:
 * up to 32 rows a workgroup has them all.
 */
export const GPU_VARIANTS: Variants = {
  linear: [
    { mostRows: 1, kind: "split", rows: 1, rowGroups: 1 },
    { mostRows: 2, kind: "split", rows: 2, rowGroups: 1 },
    { mostRows: 4, kind: "split", rows: 4, rowGroups: 1 },
    { mostRows: 8, kind: "split", rows: 8, rowGroups: 1 },
    { mostRows: 16, kind: "split", rows: 8, rowGroups: 2 },
    { mostRows: 32, kind: "split", rows: 8, rowGroups: 4 },
    { mostRows: 65_535, kind: "block", rows: 8, rowGroups: 8 },
  ],
  norm: "group",
  attention: "group",
};

export const VARIANTS: Readonly<Record<VariantFamily, Variants>> = { software: SOFTWARE_VARIANTS, gpu: GPU_VARIANTS };
