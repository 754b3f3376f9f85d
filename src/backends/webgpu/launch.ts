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
  /** Workgroups along z are the attention segments of the longest context. Default: one. */
  readonly bySegment?: boolean;
}

/** The same computation for each class of steps by their number of rows (`Variants.linear`); the bits are the same. */
export interface LaunchSet {
  /** In the order of the classes; the last serves those behind it. Null: nothing is left to compute in this class. */
  readonly byClass: readonly (Launch | null)[];
}

/** How large a dispatch is. */
export interface DispatchSize {
  readonly rows: number;
  /** Attention segments of the longest context of the step. */
  readonly segments: number;
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

export function dispatch(pass: GPUComputePassEncoder, launch: Launch, { rows, segments }: DispatchSize): void {
  pass.setPipeline(launch.pipeline);
  pass.setBindGroup(0, launch.bindGroup);
  const groups = Math.ceil((rows * (launch.repeats ?? 1)) / launch.rows);
  if (launch.width === 0) pass.dispatchWorkgroups(groups);
  else pass.dispatchWorkgroups(launch.width, groups, launch.bySegment === true ? segments : 1);
}
