import { SEGMENT_VECTORS } from "../shape.ts";

/**
 * Variants of the matrix product; their bits are the same. `row` is one row a thread and `tile` eight, without
 * workgroup memory: the form for shaders on a CPU. `split` gives a few rows to many threads, each with some segments of
 * the inputs; `block` shares inputs and weights of many rows through workgroup memory.
 */
export type LinearKind = "row" | "tile" | "split" | "block";

/** How a product is cut over threads. */
export interface LinearCut {
  readonly kind: LinearKind;
  /** Rows of a thread, and how many such groups of rows a workgroup has. */
  readonly rows: number;
  readonly rowGroups: number;
  /** Columns, of four outputs, of a workgroup. */
  readonly columns: number;
  /** Threads that share the inputs of a row and column. */
  readonly lanes: number;
  /** Rows whose sums are in workgroup memory together. */
  readonly rowsAtATime: number;
  /** Vectors of inputs whose weights a thread loads before it uses the first of them. */
  readonly steps: number;
}

/** The variant for steps of at most `mostRows` rows. */
export interface LinearClass {
  readonly mostRows: number;
  readonly kind: LinearKind;
  readonly rows: number;
  readonly rowGroups: number;
}

/** Threads of a workgroup: WebGPU's default limit. */
const MOST_THREADS = 256;
/** A subgroup of most GPUs. */
const LEAST_THREADS = 32;
/** Vectors of four float32 in 16 KiB, WebGPU's default limit of workgroup memory. */
const MOST_VECTORS = 1024;
/** A lane more than segments of the inputs would idle; 64 cover inputs of 8,192 numbers. */
const MOST_LANES = 64;
/**
 * Loads of weights of a thread that are under way together: 4 vectors of inputs are 16 loads, which hides the latency
 * of memory (test/backends/webgpu/kernels/linear-cuts.test.ts).
 */
const SPLIT_STEPS = 4;
/** Columns next to each other whose 16-bit weights fill a sector of 32 bytes. */
const LEAST_COLUMNS = 4;

/** How a product with rows of `inputs` vectors is cut in a class of rows. */
export function linearCut({ kind, rows, rowGroups }: LinearClass, inputs: number): LinearCut {
  if (kind === "row" || kind === "tile") {
    return { kind, rows, rowGroups, columns: 16, lanes: 1, rowsAtATime: 1, steps: 1 };
  }
  if (kind === "block") return { kind, rows, rowGroups, columns: 16, lanes: 1, rowsAtATime: rows, steps: 8 };
  const segments = Math.ceil(inputs / SEGMENT_VECTORS);
  const threads = MOST_THREADS / rowGroups;
  // Workgroups read the inputs again for their columns, which costs more with more rows.
  const leastColumns = rowGroups === 1 ? LEAST_COLUMNS : 2 * LEAST_COLUMNS;
  const lanes = Math.max(Math.min(rows, 4), Math.min(MOST_LANES, threads / leastColumns, powerOfTwoFrom(segments)));
  const columns = Math.max(leastColumns, Math.min(16, threads / lanes), LEAST_THREADS / lanes);
  const rowsAtATime = Math.min(rows, lanes, MOST_VECTORS / (columns * lanes * rowGroups));
  return { kind, rows, rowGroups, columns, lanes, rowsAtATime, steps: SPLIT_STEPS };
}

/** Rows of a workgroup. */
export function workgroupRows({ rows, rowGroups }: Pick<LinearCut, "rows" | "rowGroups">): number {
  return rows * rowGroups;
}

/** Threads of a workgroup. */
export function workgroupThreads({ kind, columns, rowGroups, lanes }: LinearCut): number {
  return kind === "row" || kind === "tile" ? columns : columns * rowGroups * lanes;
}

function powerOfTwoFrom(count: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(1, count)));
}
