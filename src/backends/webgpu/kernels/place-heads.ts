import type { DecoderConfig } from "../../../decoder.ts";
import type { KvType } from "../../../kv-type.ts";
import { type Kernel, cachePiece, compose } from "./kernel.ts";
import { type HeadShape, headConstants } from "./store.ts";

/** Whether heads are placed by a launch of their own, as a norm or a scale needs all numbers of a head. */
export function placesHeads({ queryKeyNorm }: Pick<DecoderConfig, "queryKeyNorm">, kv: KvType): boolean {
  return queryKeyNorm || kv === "int8";
}

/** Threads of a workgroup, a head each. */
export const PLACE_HEADS_WORKGROUP = 32;

/**
 * Norms and rotates queries and keys and writes keys and values to their slots, from a row of all of them; bindings:
 * columns, part, that row, gains of query and key, angles, queries, cache.
 */
export function placeHeadsKernel(
  heads: HeadShape,
  config: Pick<DecoderConfig, "headDim" | "norm" | "queryKeyNorm">,
): Kernel {
  const { headDim, norm, queryKeyNorm } = config;
  const pieces = [
    cachePiece(heads.kv),
    "rotate",
    "heads",
    "place-heads",
    heads.kv === "int8" ? "place-int8" : "place-floats",
  ] as const;
  return {
    label: `place-heads ${heads.kv}`,
    code: compose("columns", "part", ...pieces),
    bindings: ["read", "uniform", "read", "read", "read", "write", "write"],
    constants: {
      ...headConstants(heads),
      WORKGROUP: PLACE_HEADS_WORKGROUP,
      SIZE: headDim,
      EPSILON: norm.epsilon,
      NORMED: queryKeyNorm ? 1 : 0,
    },
  };
}
