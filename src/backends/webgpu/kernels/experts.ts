import type { ExpertConfig } from "../../../decoder.ts";
import type { Shape } from "../shape.ts";
import { type Kernel, compose } from "./kernel.ts";
import type { Adding } from "./rms-norm.ts";

/** Tokens of a workgroup that chooses experts, and vectors of one that adds them up. */
export const EXPERTS_WORKGROUP = 32;

/** The experts of each token and their shares; bindings: columns, part, router logits, choices. */
export function routeKernel({ count, perToken, normalized }: ExpertConfig, shape: Shape): Kernel {
  return {
    label: "route",
    code: compose("columns", "part", "route"),
    bindings: ["read", "uniform", "read", "write"],
    constants: {
      WORKGROUP: EXPERTS_WORKGROUP,
      EXPERTS: count,
      PER_TOKEN: perToken,
      NORMALIZED: normalized ? 1 : 0,
      ROW_STRIDE: 4 * shape.experts,
    },
  };
}

/** The sum of each token's experts by their shares; bindings: columns, part, expert outputs, choices, outputs. */
export function combineKernel({ perToken }: ExpertConfig, shape: Shape, { added, factor }: Adding): Kernel {
  return {
    label: "combine-experts",
    code: compose("columns", "part", "combine-experts"),
    bindings: ["read", "uniform", "read", "read", "write"],
    constants: {
      WORKGROUP: EXPERTS_WORKGROUP,
      OUTPUTS: shape.hidden,
      PER_TOKEN: perToken,
      ADDED: added ? 1 : 0,
      FACTOR: factor,
    },
  };
}
