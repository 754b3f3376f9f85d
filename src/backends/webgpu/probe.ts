import { plainDecoder } from "../../decoder.ts";
import { Buffers } from "./buffers.ts";
import { GROUP_HEADER, HEADER, groupWord } from "./columns.ts";
import { type AttentionVariant, attentionKernel, attentionWidth } from "./kernels/attention.ts";
import { linearKernel } from "./kernels/linear.ts";
import { type LinearClass, linearCut, workgroupRows } from "./kernels/linear-cuts.ts";
import { type NormVariant, rmsNormKernel } from "./kernels/rms-norm.ts";
import { storeResidual } from "./kernels/store.ts";
import { VARIANTS } from "./kernels/variants.ts";
import { Pipelines } from "./pipelines.ts";
import { type Workbench, runKernel } from "./run-kernel.ts";
import { shapeOf } from "./shape.ts";
import type { GpuDevice } from "./gpu-types.ts";

/** One comparison of the probe. */
export interface ProbeCheck {
  /** What was compared, for people. */
  readonly name: string;
  readonly equal: boolean;
}

/** Whether a row's bits are the same on this device whatever variant computes it and whatever shares its step. */
export interface ProbeReport {
  readonly bitExact: boolean;
  readonly checks: readonly ProbeCheck[];
}

/** Rows of the batch: more than a tile, and not a multiple of one. */
const ROWS = 11;
/** A hidden state of two segments and a ragged rest, and heads of four vectors. */
const CONFIG = plainDecoder(1, {
  vocabSize: 4,
  hiddenSize: 300,
  intermediateSize: 4,
  headCount: 2,
  kvHeadCount: 1,
  headDim: 16,
  contextLength: 512,
  tiedEmbeddings: true,
});
const SHAPE = shapeOf(CONFIG);
const BLOCK_SIZE = 16;
const LINEAR_CLASSES = Object.values(VARIANTS).flatMap(({ linear }) => linear);
/** Positions of the tokens that attend: before, at and after the ends of fours, blocks and segments. */
const POSITIONS = [0, 3, 4, 15, 16, 100, 254, 255, 256, 257, 300];

/**
 * Runs every variant of the kernels that sum on the same numbers, in a batch and row by row, and compares bits. WGSL
 * lets a compiler reassociate and contract, so that the one order of summation is a promise about a device and its
 * driver that has to be tested there. Takes some seconds on a software adapter, whose compiler is slow.
 */
export async function probeDevice(device: GpuDevice): Promise<ProbeReport> {
  const buffers = new Buffers(device);
  try {
    const bench = { device, buffers, pipelines: new Pipelines(device) };
    const checks = [...(await probeLinear(bench)), ...(await probeNorm(bench)), ...(await probeAttention(bench))];
    return { bitExact: checks.every(({ equal }) => equal), checks };
  } finally {
    buffers.destroy();
  }
}

async function probeLinear(bench: Workbench): Promise<ProbeCheck[]> {
  const weights = noise(16 * SHAPE.hidden * SHAPE.hidden, 1);
  const inputs = noise(4 * SHAPE.hidden * ROWS, 2);
  const run = (each: LinearClass, first: number, rows: number): Promise<Float32Array> => {
    const cut = linearCut(each, SHAPE.hidden);
    const kernel = linearKernel(cut, { dtype: "F32", inputs: SHAPE.hidden, biased: false }, storeResidual(SHAPE, 1));
    const data = [
      columnsOf(POSITIONS.slice(0, rows)),
      weights,
      rowsOf(inputs, first, rows),
      new Float32Array(4 * SHAPE.hidden * rows),
    ];
    const workgroups = [Math.ceil(SHAPE.hidden / cut.columns), Math.ceil(rows / workgroupRows(cut))] as const;
    return runKernel(bench, { kernel, data, part: { columnCount: SHAPE.hidden }, workgroups }, 3);
  };
  return compare("matrix product", LINEAR_CLASSES, nameOfClass, run);
}

async function probeNorm(bench: Workbench): Promise<ProbeCheck[]> {
  const gains = noise(4 * SHAPE.hidden, 3);
  const inputs = noise(4 * SHAPE.hidden * ROWS, 4);
  const variants: readonly NormVariant[] = ["thread", "group"];
  const run = (variant: NormVariant, first: number, rows: number): Promise<Float32Array> => {
    const kernel = rmsNormKernel(variant, SHAPE, CONFIG, "tokens");
    const data = [
      columnsOf(POSITIONS.slice(0, rows)),
      gains,
      rowsOf(inputs, first, rows),
      new Float32Array(4 * SHAPE.hidden * rows),
    ];
    return runKernel(bench, { kernel, data, workgroups: [rows, 1] }, 3);
  };
  return compare("RMSNorm", variants, String, run);
}

async function probeAttention(bench: Workbench): Promise<ProbeCheck[]> {
  const blocks = CONFIG.contextLength / BLOCK_SIZE + 1;
  const blockStride = 2 * BLOCK_SIZE * SHAPE.head;
  const cache = noise(4 * blocks * blockStride, 5);
  const queries = noise(4 * SHAPE.queries * ROWS, 6);
  const variants: readonly AttentionVariant[] = ["thread", "group"];
  const run = (variant: AttentionVariant, first: number, rows: number): Promise<Float32Array> => {
    const kernel = attentionKernel(variant, {
      shape: SHAPE,
      config: CONFIG,
      blockSize: BLOCK_SIZE,
      window: null,
      kv: "f32",
    });
    const data = [
      columnsOf(POSITIONS.slice(first, first + rows)),
      rowsOf(queries, first, rows),
      cache,
      new Float32Array(4 * SHAPE.queries * rows),
    ];
    const workgroups = [attentionWidth(variant, SHAPE, CONFIG.kvHeadCount), rows] as const;
    const part = { headCount: CONFIG.kvHeadCount, blockStride, group: groupWord(0) };
    return runKernel(bench, { kernel, data, part, workgroups }, 3);
  };
  return compare("attention", variants, String, run);
}

/** Each variant on the whole batch against the first variant on each row alone. */
async function compare<V>(
  name: string,
  variants: readonly V[],
  nameOf: (variant: V) => string,
  run: (variant: V, first: number, rows: number) => Promise<Float32Array>,
): Promise<ProbeCheck[]> {
  const alone: number[] = [];
  for (let row = 0; row < ROWS; row++) alone.push(...bitsOf(await run(variants[0], row, 1)));
  const checks: ProbeCheck[] = [];
  for (const variant of variants) {
    const batch = bitsOf(await run(variant, 0, ROWS));
    checks.push({
      name: `${name}: ${nameOf(variant)}, ${ROWS} rows, against ${nameOf(variants[0])}, one by one`,
      equal: alone.every((word, i) => word === batch[i]),
    });
  }
  return checks;
}

function nameOfClass({ kind, rows, rowGroups }: LinearClass): string {
  return `${kind} of ${rows * rowGroups} ${rows * rowGroups === 1 ? "row" : "rows"}`;
}

function bitsOf(numbers: Float32Array): Int32Array {
  return new Int32Array(numbers.buffer, numbers.byteOffset, numbers.length);
}

/** The columns that these kernels read: one request whose blocks are in order, with tokens at `positions`. */
function columnsOf(positions: readonly number[]): Int32Array {
  const rows = positions.length;
  const table = Array.from({ length: CONFIG.contextLength / BLOCK_SIZE }, (_, i) => i + 1);
  const header = new Array<number>(groupWord(1)).fill(0);
  const group = groupWord(0);
  header[HEADER.tokenCount] = rows;
  header[HEADER.positions] = header.length;
  header[HEADER.requestSlots] = header.length + rows;
  header[group + GROUP_HEADER.tables] = header.length + 2 * rows;
  header[group + GROUP_HEADER.tableStride] = table.length;
  return Int32Array.from([...header, ...positions, ...positions.map(() => 0), ...table]);
}

function rowsOf(matrix: Float32Array, first: number, rows: number): Float32Array {
  const size = matrix.length / ROWS;
  return matrix.slice(first * size, (first + rows) * size);
}

/** Numbers in [-1, 1) of 24 random bits from a linear congruential generator: their products and sums all round. */
function noise(length: number, seed: number): Float32Array {
  let state = seed;
  return Float32Array.from({ length }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state >>> 8) / 2 ** 23 - 1;
  });
}
