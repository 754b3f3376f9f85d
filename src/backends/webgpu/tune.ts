import { Buffers, STORAGE, USAGE } from "./buffers.ts";
import { adapterName, isSoftware } from "./device.ts";
import type { GpuAdapter } from "./gpu-types.ts";
import { linearKernel } from "./kernels/linear.ts";
import { type LinearClass, linearCut, workgroupRows } from "./kernels/linear-cuts.ts";
import { storePlain } from "./kernels/store.ts";
import { VARIANTS, type Variants } from "./kernels/variants.ts";
import { type Launch, bind, dispatch } from "./launch.ts";
import { createPart } from "./part.ts";
import { Pipelines } from "./pipelines.ts";
import { VECTOR_BYTES } from "./shape.ts";

/** What was measured of one class of rows. */
export interface TunedClass {
  readonly mostRows: number;
  /** The fastest way to compute it, "split of 8". */
  readonly chosen: string;
  /** By way to compute it: of one product. */
  readonly microseconds: Readonly<Record<string, number>>;
}

/** Variants for an adapter, by measurement. */
export interface Tuning {
  readonly adapter: string;
  readonly variants: Variants;
  readonly classes: readonly TunedClass[];
  /** Bytes of the matrix that was multiplied with. */
  readonly matrixBytes: number;
}

/** Numbers of the product's inputs and outputs: a small model's layer on a CPU, a quarter of an 8B model's on a GPU. */
const SIZES = { software: 256, gpu: 2048 };
/** Rows that the class of many rows is measured with. */
const MANY_ROWS = 64;
/** Dispatches a submit, so that the submit hardly counts, and submits, of which the median counts. */
const DISPATCHES = 8;
const SUBMITS = 5;

const CANDIDATES = Object.values(VARIANTS).flatMap(({ linear }) => linear);

/**
 * Times every variant of the matrix product at the row counts of each class, and takes the fastest: all have the same
 * bits, so that the choice is one of speed. Takes seconds on a GPU, a minute on a software adapter.
 */
export async function tuneVariants(adapter: GpuAdapter): Promise<Tuning> {
  const family = isSoftware(adapter.info) ? "software" : "gpu";
  const device = await adapter.requestDevice();
  try {
    const bench = { device, buffers: new Buffers(device), pipelines: new Pipelines(device), size: SIZES[family] };
    const classes: TunedClass[] = [];
    const linear: LinearClass[] = [];
    for (const { mostRows } of VARIANTS.gpu.linear) {
      const times = await timesOf(bench, Math.min(mostRows, MANY_ROWS));
      const best = CANDIDATES.reduce((a, b) => (times[classTitle(b)] < times[classTitle(a)] ? b : a));
      linear.push({ ...best, mostRows });
      classes.push({ mostRows, chosen: classTitle(best), microseconds: times });
    }
    bench.buffers.destroy();
    const matrixBytes = 2 * bench.size ** 2;
    return { adapter: adapterName(adapter.info), variants: { ...VARIANTS[family], linear }, classes, matrixBytes };
  } finally {
    device.destroy();
  }
}

/** "split of 8" */
export function classTitle(each: LinearClass): string {
  return `${each.kind} of ${workgroupRows(each)}`;
}

interface Bench {
  readonly device: GPUDevice;
  readonly buffers: Buffers;
  readonly pipelines: Pipelines;
  /** Numbers of an input and an output row. */
  readonly size: number;
}

async function timesOf(bench: Bench, rows: number): Promise<Record<string, number>> {
  const times: Record<string, number> = {};
  for (const each of CANDIDATES) {
    const launch = await launchOf(bench, each, rows);
    const samples: number[] = [];
    for (let i = 0; i <= SUBMITS; i++) samples.push(await microsecondsOf(bench, launch, rows));
    times[classTitle(each)] = median(samples.slice(1)); // the first one warms up
  }
  return times;
}

async function launchOf({ device, buffers, pipelines, size }: Bench, each: LinearClass, rows: number): Promise<Launch> {
  const vectors = size / 4;
  const cut = linearCut(each, vectors);
  const kernel = linearKernel(cut, { dtype: "BF16", inputs: vectors, biased: false }, storePlain(vectors));
  const pipeline = await pipelines.get(kernel);
  const columns = buffers.createFilled("columns", 64, STORAGE, (target) => new Int32Array(target).set([rows]));
  const matrix = buffers.create("weights", 2 * size * size, USAGE.STORAGE);
  const [inputs, outputs] = [0, 1].map(() => buffers.create("rows", rows * vectors * VECTOR_BYTES, USAGE.STORAGE));
  const part = createPart(buffers, { columnCount: vectors });
  return {
    pipeline: pipeline.pipeline,
    bindGroup: bind(device, pipeline, [columns, part, matrix, inputs, outputs]),
    width: Math.ceil(vectors / cut.columns),
    rows: workgroupRows(cut),
  };
}

async function microsecondsOf({ device }: Bench, launch: Launch, rows: number): Promise<number> {
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  for (let i = 0; i < DISPATCHES; i++) dispatch(pass, launch, { rows, segments: 1 });
  pass.end();
  const began = performance.now();
  device.queue.submit([encoder.finish()]);
  await device.queue.onSubmittedWorkDone();
  return ((performance.now() - began) * 1000) / DISPATCHES;
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];
}
