/**
 * A WebGPU adapter for tests: the system's, else SwiftShader's. Tests that need one are skipped, with the reason, where
 * there is none.
 */
import { Buffers } from "../../src/backends/webgpu/buffers.ts";
import { GROUP_HEADER, HEADER, groupWord } from "../../src/backends/webgpu/columns.ts";
import { Pipelines } from "../../src/backends/webgpu/pipelines.ts";
import type { Workbench } from "../../src/backends/webgpu/run-kernel.ts";
import { VARIANTS, type VariantFamily, type Variants } from "../../src/backends/webgpu/kernels/variants.ts";
import { type NodeGpu, openNodeGpu } from "../../src/cli/webgpu-node.ts";
import { BstarError } from "../../src/errors.ts";

/** The family of kernels that `npm run lavapipe` forces, or null. */
export const forcedFamily = (process.env["BSTAR_WEBGPU_FAMILY"] ?? null) as VariantFamily | null;

/**
 * Options of a backend under test: the variants of the forced family, in three classes of rows at most, because lavapipe
 * compiles a kernel for about a second when it runs first.
 */
export const forced: { readonly variants?: Variants } =
  forcedFamily === null ? {} : { variants: fewClasses(VARIANTS[forcedFamily]) };

function fewClasses(variants: Variants): Variants {
  const last = variants.linear.length - 1;
  return { ...variants, linear: variants.linear.filter((_, i) => i % 3 === 0 || i === last) };
}

interface Found {
  readonly node: NodeGpu | null;
  readonly reason: string;
}

async function find(): Promise<Found> {
  try {
    return { node: await openNodeGpu(), reason: "" };
  } catch (error) {
    if (error instanceof BstarError) return { node: null, reason: error.message };
    throw error;
  }
}

const found = await find();

/** True where tests on a device are skipped. */
export const noWebGPU = found.node === null;

/** End of the titles of tests that need a device. */
export const ifWebGPU = noWebGPU ? ` (skipped: ${found.reason})` : "";

/** The adapter source; only in tests that are not skipped. */
export function gpu(): GPU {
  return found.node!.gpu;
}

/** A fresh device with the adapter's own limits for bindings. */
export async function openDevice(): Promise<GPUDevice> {
  const adapter = (await gpu().requestAdapter())!;
  const { maxStorageBufferBindingSize, maxBufferSize } = adapter.limits;
  return adapter.requestDevice({ requiredLimits: { maxStorageBufferBindingSize, maxBufferSize } });
}

/** Where kernels run alone. */
export async function openWorkbench(): Promise<Workbench> {
  const device = await openDevice();
  return { device, buffers: new Buffers(device), pipelines: new Pipelines(device) };
}

type Column = Exclude<keyof typeof HEADER, "tokenCount" | "sampleCount" | "groups"> | keyof typeof GROUP_HEADER;

/** Header words of columns; those of block groups are of the first. */
const WORDS: Readonly<Record<string, number>> = {
  ...HEADER,
  ...Object.fromEntries(Object.entries(GROUP_HEADER).map(([name, word]) => [name, groupWord(0) + word])),
};

/** What a part says of the first block group. */
export const FIRST_GROUP = { group: groupWord(0) };

/** Words of a step's columns, for kernels that run alone: those given, in the layout of `PackedColumns`. */
export function columnWords(
  tokenCount: number,
  sampleCount: number,
  columns: Partial<Record<Column, ArrayLike<number>>>,
): Int32Array {
  const words = new Array<number>(groupWord(1)).fill(0);
  words[HEADER.tokenCount] = tokenCount;
  words[HEADER.sampleCount] = sampleCount;
  for (const [name, values] of Object.entries(columns)) {
    words[WORDS[name]] = words.length;
    const column = values instanceof Float32Array ? new Int32Array(values.buffer) : values;
    for (let i = 0; i < column.length; i++) words.push(column[i]);
  }
  return Int32Array.from(words);
}

/** The bits of numbers, so that comparisons tell zeros and NaNs apart. */
export function bits(numbers: Float32Array): number[] {
  return [...new Int32Array(numbers.buffer, numbers.byteOffset, numbers.length)];
}
