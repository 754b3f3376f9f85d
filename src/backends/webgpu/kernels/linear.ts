import type { DType } from "../../../model.ts";
import type { Shape } from "../shape.ts";
import { type Binding, type Kernel, compose, weightsPrelude } from "./kernel.ts";

/**
 * Variants of the matrix product; their bits are the same. `row`: one row a thread, `tile`: eight, both without
 * barriers.
 */
export type LinearVariant = "row" | "tile";

/** Rows that one workgroup of a variant computes. */
export const ROWS_OF: Readonly<Record<LinearVariant, number>> = { row: 1, tile: 8 };

/** Threads of a workgroup: 16 columns of outputs. 4 to 64 are within 10% on SwiftShader (bench/backends/webgpu/linear.bench.ts). */
export const LINEAR_WORKGROUP = 16;

/** What is done with the outputs: the .wgsl file that stores them, its constants and its bindings after the inputs. */
export interface Store {
  readonly name: "store-qkv" | "store-residual" | "store-swiglu" | "store-logits";
  readonly bindings: readonly Binding[];
  readonly constants: Readonly<Record<string, number>>;
}

/** out = input · weights with `inputs` vectors an input row; bindings: columns, part, weights, inputs, then the store's. */
export function linearKernel(variant: LinearVariant, dtype: DType, inputs: number, store: Store): Kernel {
  return {
    label: `linear-${variant} ${store.name} ${dtype}`,
    code: compose("columns", "part", weightsPrelude(dtype), "linear", `linear-${variant}`, store.name),
    bindings: ["read", "uniform", "read", "read", ...store.bindings],
    constants: { WORKGROUP: LINEAR_WORKGROUP, INPUTS: inputs, ...store.constants },
  };
}

/** Bindings: angles, queries, cache. */
export function storeQkv(shape: Shape, blockSize: number): Store {
  const constants = { HEAD: shape.head, QUERY_HEADS: shape.headCount, SHARING: shape.sharing, BLOCK_SIZE: blockSize };
  return { name: "store-qkv", bindings: ["read", "write", "write"], constants };
}

/** Bindings: hidden state. */
export function storeResidual(shape: Shape): Store {
  return { name: "store-residual", bindings: ["write"], constants: { OUTPUTS: shape.hidden } };
}

/** Bindings: gated feed-forward row. */
export function storeSwiglu(shape: Shape): Store {
  return { name: "store-swiglu", bindings: ["write"], constants: { OUTPUTS: 2 * shape.intermediate } };
}

/** Bindings: logits of a tile of `tile` samples. */
export function storeLogits(shape: Shape, tile: number): Store {
  return { name: "store-logits", bindings: ["write"], constants: { OUTPUTS: shape.vocabulary, TILE: tile } };
}
