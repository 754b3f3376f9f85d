import { describe, expect, test } from "vitest";
import { probeDevice } from "../../../src/backends/webgpu/index.ts";
import { ifWebGPU, noWebGPU, openDevice } from "../../support/webgpu.ts";

describe.skipIf(noWebGPU)(`probeDevice${ifWebGPU}`, () => {
  test("reports a device whose bits depend on the batch", async () => {
    const device = await openDevice();
    const create = device.createShaderModule.bind(device);
    // an "optimization" that a compiler might find: the tile's sums start from what others left over
    device.createShaderModule = (descriptor) =>
      create({
        ...descriptor,
        code: descriptor.code.replace("var t0 = vec4f(0);", "var t0 = vec4f(1e-3 * f32(rows));"),
      });
    const { bitExact, checks } = await probeDevice(device);
    expect(bitExact).toBe(false);
    expect(checks.filter(({ equal }) => !equal).map(({ name }) => name)).toEqual([expect.stringContaining("tile")]);
    device.destroy();
  });
});
