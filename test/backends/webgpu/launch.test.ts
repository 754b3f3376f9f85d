import { describe, expect, test } from "vitest";
import { type Launch, bind, dispatch } from "../../../src/backends/webgpu/launch.ts";

const calls: unknown[][] = [];
const pass = {
  setPipeline: (...args: unknown[]) => calls.push(["pipeline", ...args]),
  setBindGroup: (...args: unknown[]) => calls.push(["group", ...args]),
  dispatchWorkgroups: (...args: unknown[]) => calls.push(["dispatch", ...args]),
} as unknown as GPUComputePassEncoder;
const launch = (width: number, rows: number): Launch => ({
  pipeline: "p" as unknown as GPUComputePipeline,
  bindGroup: "b" as unknown as GPUBindGroup,
  width,
  rows,
});

describe("dispatch", () => {
  test.each([
    [launch(5, 1), 7, [5, 7, 1]],
    [launch(5, 8), 17, [5, 3, 1]],
    [launch(0, 1), 7, [7]],
    [{ ...launch(5, 1), repeats: 3 }, 7, [5, 21, 1]],
    [{ ...launch(5, 1), bySegment: true }, 7, [5, 7, 4]],
  ])("%o of %i rows", (each, rows, expected) => {
    calls.length = 0;
    dispatch(pass, each, { rows, segments: 4 });
    expect(calls).toEqual([
      ["pipeline", "p"],
      ["group", 0, "b"],
      ["dispatch", ...expected],
    ]);
  });
});

test("bind numbers the resources in order, buffers and parts of buffers", () => {
  const device = { createBindGroup: (descriptor: unknown) => descriptor } as unknown as GPUDevice;
  const [whole, piece] = [{ label: "a" } as GPUBuffer, { buffer: {} as GPUBuffer, offset: 256, size: 32 }];
  expect(
    bind(device, { layout: "l" as unknown as GPUBindGroupLayout, pipeline: {} as GPUComputePipeline }, [whole, piece]),
  ).toEqual({
    layout: "l",
    entries: [
      { binding: 0, resource: { buffer: whole } },
      { binding: 1, resource: piece },
    ],
  });
});
