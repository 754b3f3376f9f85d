import type { DeviceDType } from "../packing.ts";
import { type Kernel, compose, weightPieces } from "./kernel.ts";
import type { Store } from "./store.ts";

/**
 * Variants of the matrix product; their bits are the same. `row` is one row a thread and `tile` eight, without
 * barriers;
 * `group` cuts four rows over a workgroup.
 */
export type LinearVariant = "row" | "tile" | "group";

/**
 * Rows of a workgroup, and its columns of four outputs: few, so that a small matrix still gives every core some
 * workgroups.
 */
export const LINEAR_GRID: Readonly<Record<LinearVariant, { readonly rows: number; readonly columns: number }>> = {
  row: { rows: 1, columns: 16 },
  tile: { rows: 8, columns: 16 },
  group: { rows: 4, columns: 16 },
};

/** What a matrix product is compiled for. */
export interface LinearShape {
  readonly dtype: DeviceDType;
  /** Vectors of an input row. */
  readonly inputs: number;
  /** A bias is added to the outputs. */
  readonly biased: boolean;
}

/** out = input · weights + bias; bindings: columns, part, weights, inputs, the store's, the bias. */
export function linearKernel(variant: LinearVariant, shape: LinearShape, store: Store): Kernel {
  const workgroup: Kernel["constants"] = variant === "group" ? {} : { WORKGROUP: LINEAR_GRID[variant].columns };
  const { dtype, inputs, biased } = shape;
  const pieces = ["columns", "part", ...weightPieces(dtype), "linear", `linear-${variant}`] as const;
  return {
    label: `linear-${variant} ${store.name} ${dtype}`,
    code: `${biasBinding(store)}${compose(...pieces, ...store.pieces, biased ? "bias" : "no-bias")}`,
    bindings: ["read", "uniform", "read", "read", ...store.bindings, ...(biased ? (["read"] as const) : [])],
    constants: { INPUTS: inputs, ...workgroup, ...store.constants },
  };
}

/** Which rows of a product with experts share an input row. */
export interface ExpertRows {
  /** Experts of a token. */
  readonly perToken: number;
  /** All experts of a token have its one input row; else each has its own. */
  readonly commonInput: boolean;
}

/**
 * The product of each row with the matrix of its expert; bindings: columns, part, weights, inputs, the store's, the
 * choices.
 */
export function expertKernel({ dtype, inputs }: Omit<LinearShape, "biased">, rows: ExpertRows, store: Store): Kernel {
  const pieces = ["columns", "part", ...weightPieces(dtype), "linear", "linear-expert"] as const;
  const choices = `const CHOICES = ${4 + store.bindings.length}u;\n`;
  return {
    label: `linear-expert ${store.name} ${dtype}`,
    code: `${choices}${compose(...pieces, ...store.pieces, "no-bias")}`,
    bindings: ["read", "uniform", "read", "read", ...store.bindings, "read"],
    constants: {
      INPUTS: inputs,
      WORKGROUP: LINEAR_GRID.row.columns,
      PER_TOKEN: rows.perToken,
      COMMON_INPUT: rows.commonInput ? 1 : 0,
      ...store.constants,
    },
  };
}

function biasBinding(store: Store): string {
  return `const BIAS = ${4 + store.bindings.length}u;\n`;
}
