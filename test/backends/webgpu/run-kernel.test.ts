import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Workbench, runKernel } from "../../../src/backends/webgpu/run-kernel.ts";
import { ifWebGPU, noWebGPU, openWorkbench } from "../../support/webgpu.ts";

const CODE = `
@group(0) @binding(0) var<storage, read> a: array<f32>;
@group(0) @binding(1) var<uniform> part: vec4u;
@group(0) @binding(2) var<storage, read_write> b: array<f32>;
override SCALE: f32;
@compute @workgroup_size(1) fn main(@builtin(workgroup_id) id: vec3u) { b[id.x + 2 * id.y] += SCALE * a[id.x] + f32(part.y); }`;

describe.skipIf(noWebGPU)(`runKernel${ifWebGPU}`, () => {
  let bench: Workbench;
  beforeAll(async () => {
    bench = await openWorkbench();
  });
  afterAll(() => bench.device.destroy());

  test("binds data in order with the part between, dispatches a grid, and gives back what was asked for", async () => {
    const kernel = {
      label: "test",
      code: CODE,
      bindings: ["read", "uniform", "write"] as const,
      constants: { SCALE: 10 },
    };
    const data = [Float32Array.of(1, 2), Float32Array.of(0.5, 0.5, 0.5, 0.5)];
    expect([...(await runKernel(bench, { kernel, data, part: { columnCount: 100 }, workgroups: [2, 2] }, 1))]).toEqual([
      110.5, 120.5, 110.5, 120.5,
    ]);
    expect([...(await runKernel(bench, { kernel, data, workgroups: [1, 1] }, 0))]).toEqual([1, 2]);
  });
});
