import type { FloatDType } from "../packing.ts";
import type { Shape } from "../shape.ts";
import { type Binding, type Kernel, compose, weightsPrelude } from "./kernel.ts";

/**
 * Variants of the matrix product; their bits are the same. `row` is one row a thread and `tile` eight, without barriers;
 * `group` cuts four rows over a workgroup.
 */
export type LinearVariant = "row" | "tile" | "group";

/** Rows of a workgroup, and its columns of four outputs: few, so that a small matrix still gives every core some workgroups. */
export const LINEAR_GRID: Readonly<Record<LinearVariant, { readonly rows: number; readonly columns: number }>> = {
  row: { rows: 1, columns: 16 },
  tile: { rows: 8, columns: 16 },
  group: { rows: 4, columns: 16 },
};

/** What is done with the outputs: the .wgsl file that stores them, its constants and its bindings after the inputs. */
export interface Store {
  readonly name: "store-qkv" | "store-residual" | "store-swiglu" | "store-logits";
  readonly bindings: readonly Binding[];
  readonly constants: Readonly<Record<string, number>>;
}

/** out = input · weights with `inputs` vectors an input row; bindings: columns, part, weights, inputs, then the store's. */
export function linearKernel(variant: LinearVariant, dtype: FloatDType, inputs: number, store: Store): Kernel {
  const workgroup: Kernel["constants"] = variant === "group" ? {} : { WORKGROUP: LINEAR_GRID[variant].columns };
  return {
    label: `linear-${variant} ${store.name} ${dtype}`,
    code: compose("columns", "part", weightsPrelude(dtype), "linear", `linear-${variant}`, store.name),
    bindings: ["read", "uniform", "read", "read", ...store.bindings],
    constants: { INPUTS: inputs, ...workgroup, ...store.constants },
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
