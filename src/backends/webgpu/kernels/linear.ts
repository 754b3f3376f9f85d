import type { DeviceDType } from "../packing.ts";
import { type Kernel, compose, weightPieces } from "./kernel.ts";
import type { LinearCut } from "./linear-cuts.ts";
import type { Store } from "./store.ts";
import { unroll } from "./unroll.ts";

/** What a matrix product is compiled for. */
export interface LinearShape {
  readonly dtype: DeviceDType;
  /** Vectors of an input row. */
  readonly inputs: number;
  /** A bias is added to the outputs. */
  readonly biased: boolean;
}

/** out = input · weights + bias; bindings: columns, part, weights, inputs, the store's, the bias. */
export function linearKernel(cut: LinearCut, shape: LinearShape, store: Store): Kernel {
  const { dtype, inputs, biased } = shape;
  const tail = compose(...store.pieces, biased ? "bias" : "no-bias");
  return {
    label: `linear-${cut.kind} ${store.name} ${dtype}`,
    code: [biasBinding(store), compose("columns", "part", ...weightPieces(dtype), "linear"), cutText(cut), tail].join(
      "\n",
    ),
    bindings: ["read", "uniform", "read", "read", ...store.bindings, ...(biased ? (["read"] as const) : [])],
    constants: { INPUTS: inputs, ...(isLoop(cut) ? { WORKGROUP: cut.columns } : {}), ...store.constants },
  };
}

function isLoop({ kind }: LinearCut): boolean {
  return kind === "row" || kind === "tile";
}

/** The text of a variant, its constants in front: sizes of arrays in workgroup memory cannot be overridden. */
function cutText(cut: LinearCut): string {
  if (isLoop(cut)) return compose(`linear-${cut.kind}`);
  const { rows, rowGroups, columns, lanes, rowsAtATime, steps } = cut;
  const constants = {
    ROWS: rows,
    ROW_GROUPS: rowGroups,
    COLUMNS: columns,
    LANES: lanes,
    ROWS_AT_A_TIME: rowsAtATime,
    STEPS: steps,
  };
  const lines = Object.entries(constants).map(([name, value]) => `const ${name} = ${value}u;\n`);
  return `${lines.join("")}${unroll(compose(`linear-${cut.kind}`), { STEP: steps, ROW: rows })}`;
}

/** Which rows of a product with experts share an input row. */
export interface ExpertRows {
  /** Experts of a token. */
  readonly perToken: number;
  /** All experts of a token have its one input row; else each has its own. */
  readonly commonInput: boolean;
}

/** Threads of a workgroup of the product with experts, a column of four outputs each. */
export const EXPERT_COLUMNS = 32;

/**
 * The product of each row with the matrix of its expert; bindings: columns, part, weights, inputs, the store's, the
 * choices.
 */
export function expertKernel({ dtype, inputs }: Omit<LinearShape, "biased">, rows: ExpertRows, store: Store): Kernel {
  const choices = `const CHOICES = ${4 + store.bindings.length}u;\n`;
  const pieces = ["columns", "part", ...weightPieces(dtype), "linear", "linear-expert", ...store.pieces] as const;
  return {
    label: `linear-expert ${store.name} ${dtype}`,
    code: `${choices}${compose(...pieces, "no-bias")}`,
    bindings: ["read", "uniform", "read", "read", ...store.bindings, "read"],
    constants: {
      INPUTS: inputs,
      WORKGROUP: EXPERT_COLUMNS,
      PER_TOKEN: rows.perToken,
      COMMON_INPUT: rows.commonInput ? 1 : 0,
      ...store.constants,
    },
  };
}

function biasBinding(store: Store): string {
  return `const BIAS = ${4 + store.bindings.length}u;\n`;
}
