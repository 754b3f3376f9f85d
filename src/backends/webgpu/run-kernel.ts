import { type Buffers, MAP_MODE_READ, STORAGE, USAGE } from "./buffers.ts";
import type { Kernel } from "./kernels/kernel.ts";
import { bind } from "./launch.ts";
import { type Part, createPart } from "./part.ts";
import type { Pipelines } from "./pipelines.ts";

/** Words that a kernel reads, or how many words it writes. */
export type KernelBuffer = Int32Array | Float32Array | Uint32Array;

/** One kernel alone: for the probe and for tests. */
export interface KernelRun {
  readonly kernel: Kernel;
  /** Bound in order, the part between the first and the second; written buffers are read back. */
  readonly data: readonly KernelBuffer[];
  readonly part?: Part;
  readonly workgroups: readonly [number, number, number?];
}

/** Where kernels are run alone. */
export interface Workbench {
  readonly device: GPUDevice;
  /** Destroyed by the caller. */
  readonly buffers: Buffers;
  readonly pipelines: Pipelines;
}

/** Runs one dispatch and resolves with what `data[index]` holds afterwards, as float32. */
export async function runKernel(
  { device, buffers, pipelines }: Workbench,
  run: KernelRun,
  index: number,
): Promise<Float32Array> {
  const { kernel, data, part = {}, workgroups } = run;
  const pipeline = await pipelines.get(kernel);
  const bound = data.map((words, i) => upload(buffers, words, `operand ${i}`));
  const [columns, ...rest] = bound;
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  pass.setPipeline(pipeline.pipeline);
  pass.setBindGroup(0, bind(device, pipeline, [columns, createPart(buffers, part), ...rest]));
  pass.dispatchWorkgroups(...workgroups);
  pass.end();
  const staging = buffers.create("the outcome", data[index].byteLength, USAGE.MAP_READ | USAGE.COPY_DST);
  encoder.copyBufferToBuffer(bound[index], 0, staging, 0, data[index].byteLength);
  device.queue.submit([encoder.finish()]);
  await staging.mapAsync(MAP_MODE_READ);
  const outcome = new Float32Array(staging.getMappedRange().slice(0));
  staging.unmap();
  return outcome;
}

function upload(buffers: Buffers, words: KernelBuffer, label: string): GPUBuffer {
  const bytes = new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
  return buffers.createFilled(label, words.byteLength, STORAGE, (target) => new Uint8Array(target).set(bytes));
}
