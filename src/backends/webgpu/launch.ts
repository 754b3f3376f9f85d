import type { Pipeline } from "./pipelines.ts";

/** One dispatch of a step, all but the number of its rows. */
export interface Launch {
  readonly pipeline: GPUComputePipeline;
  readonly bindGroup: GPUBindGroup;
  /** Workgroups along x; 0 where x counts the rows. */
  readonly width: number;
  /** Rows that one workgroup computes. */
  readonly rows: number;
  /** Rows of the dispatch for each row of the step: a token's experts. Default 1. */
  readonly repeats?: number;
}

/** The same computation twice: for few rows and, where that is faster, for many. Their bits are the same. */
export interface LaunchPair {
  readonly few: Launch;
  readonly many: Launch;
}

/** A bind group of the buffers in the order of the kernel's bindings. */
export function bind(
  device: GPUDevice,
  { layout }: Pipeline,
  resources: readonly (GPUBuffer | GPUBufferBinding)[],
): GPUBindGroup {
  const entries = resources.map((resource, binding) => ({
    binding,
    resource: "buffer" in resource ? resource : { buffer: resource },
  }));
  return device.createBindGroup({ layout, entries });
}

export function dispatch(pass: GPUComputePassEncoder, launch: Launch, rows: number): void {
  pass.setPipeline(launch.pipeline);
  pass.setBindGroup(0, launch.bindGroup);
  const groups = Math.ceil((rows * (launch.repeats ?? 1)) / launch.rows);
  if (launch.width === 0) pass.dispatchWorkgroups(groups);
  else pass.dispatchWorkgroups(launch.width, groups);
}
