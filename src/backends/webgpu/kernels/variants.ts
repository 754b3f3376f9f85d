import type { AttentionVariant } from "./attention.ts";
import type { LinearVariant } from "./linear.ts";
import type { NormVariant } from "./rms-norm.ts";

/** Which variants of the kernels run. All of them give the same bits: this is a choice of speed alone. */
export interface Variants {
  /** Matrix products with fewer rows than `manyRows`, and with more. */
  readonly few: LinearVariant;
  readonly many: LinearVariant;
  readonly manyRows: number;
  readonly norm: NormVariant;
  readonly attention: AttentionVariant;
}

/**
 * Where shaders run on a CPU, workgroup memory and barriers are the slow path: 5 to 8 times in a matrix product on
 * SwiftShader. There an eight-row tile costs three times a row (bench/backends/webgpu/kernels/linear.bench.ts).
 */
export const SOFTWARE_VARIANTS: Variants = {
  few: "row",
  many: "tile",
  manyRows: 3,
  norm: "thread",
  attention: "thread",
};

/** A GPU wants many threads even for one row. */
export const GPU_VARIANTS: Variants = { few: "group", many: "tile", manyRows: 17, norm: "group", attention: "group" };
