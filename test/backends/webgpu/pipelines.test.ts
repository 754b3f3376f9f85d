import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Kernel } from "../../../src/backends/webgpu/kernels/kernel.ts";
import { Pipelines, pipelinesOf } from "../../../src/backends/webgpu/pipelines.ts";
import { DeviceUnavailableError } from "../../../src/errors.ts";
import { ifWebGPU, noWebGPU, openDevice } from "../../support/webgpu.ts";

const kernel = (code: string, constants = {}): Kernel => ({ label: "test", code, bindings: ["write"], constants });
const GOOD =
  "override A: u32; @group(0) @binding(0) var<storage, read_write> out: array<u32>; @compute @workgroup_size(1) fn main() { out[0] = A; }";

describe.skipIf(noWebGPU)(`Pipelines${ifWebGPU}`, () => {
  let device: GPUDevice;
  beforeAll(async () => {
    device = await openDevice();
  });
  afterAll(() => device.destroy());

  test("compiles a kernel once, and again for other constants", async () => {
    const pipelines = new Pipelines(device);
    const [first, again, other] = await Promise.all(
      [{ A: 1 }, { A: 1 }, { A: 2 }].map((constants) => pipelines.get(kernel(GOOD, constants))),
    );
    expect(again).toBe(first);
    expect(other.pipeline).not.toBe(first.pipeline);
    expect(other.layout).toBe(first.layout);
  });

  test("of a device are shared", () => expect(pipelinesOf(device)).toBe(pipelinesOf(device)));

  test.each([
    ["no WGSL", "this is no shader", /the kernel "test" does not compile on this device: .*error/s],
    [
      "other bindings than it says",
      GOOD.replace("read_write", "read").replace("out[0] = A", "_ = out[0] + A"),
      /does not compile/,
    ],
  ])("says what is wrong with %s", async (_, code, message) => {
    const failure = new Pipelines(device).get(kernel(code, { A: 1 }));
    await expect(failure).rejects.toThrow(DeviceUnavailableError);
    await expect(failure).rejects.toThrow(message);
  });
});
