import type { DecoderConfig } from "../../../decoder.ts";
import type { Shape } from "../shape.ts";
import { type Kernel, compose } from "./kernel.ts";

/** Which rows are normalized: every token's, or the samples of a tile. */
export type NormRows = "tokens" | "samples";

/** Without barriers, or with lanes that share a row's sum; their bits are the same. */
export type NormVariant = "thread" | "group";

/** Whether outputs replace what is there or are added to it, `factor` times. */
export interface Adding {
  readonly added: boolean;
  readonly factor: number;
}

export const REPLACING: Adding = { added: false, factor: 1 };

/** One workgroup a row; bindings: columns, part, gains, inputs, outputs. */
export function rmsNormKernel(
  variant: NormVariant,
  shape: Shape,
  config: DecoderConfig,
  rows: NormRows,
  adding = REPLACING,
): Kernel {
  return {
    label: `rms-norm-${variant} ${rows}`,
    code: compose("columns", "part", "rms-norm", `rms-norm-${variant}`),
    bindings: ["read", "uniform", "read", "read", "write"],
    constants: {
      INPUTS: shape.hidden,
      SIZE: config.hiddenSize,
      EPSILON: config.norm.epsilon,
      SAMPLED: rows === "samples" ? 1 : 0,
      ADDED: adding.added ? 1 : 0,
      FACTOR: adding.factor,
    },
  };
}
