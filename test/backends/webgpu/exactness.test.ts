import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createWebGPUBackend } from "../../../src/backends/webgpu/index.ts";
import { VARIANTS } from "../../../src/backends/webgpu/kernels/variants.ts";
import { PlanDriver, randomModel } from "../../../src/testing/index.ts";
import { bits, ifWebGPU, noWebGPU, openDevice } from "../../support/webgpu.ts";

const model = randomModel(4, { contextLength: 320 });
const SIZES = { model, blockCount: 24, blockSize: 16, maxTokens: 12, maxRequests: 2, keepLogits: true };

/** A device whose compiler "optimizes" products of eight rows: their first row starts from what others left over. */
async function openInexactDevice(): Promise<GPUDevice> {
  const device = await openDevice();
  const create = device.createShaderModule.bind(device);
  device.createShaderModule = (descriptor) =>
    create({ ...descriptor, code: descriptor.code.replace("var t0 = vec4f(0);", "var t0 = vec4f(1e-3 * f32(rows));") });
  return device;
}

describe.skipIf(noWebGPU)(`the probe at creation${ifWebGPU}`, () => {
  let exact: GPUDevice;
  let inexact: GPUDevice;
  beforeAll(async () => {
    exact = await openDevice();
    inexact = await openInexactDevice();
  });
  afterAll(() => {
    exact.destroy();
    inexact.destroy();
  });

  /** Logits of the first token of a prompt of `count`, which is computed in one step. */
  const firstLogits = async (count: number, isExact: boolean): Promise<{ isExact: unknown; logits: number[] }> => {
    const options = { variants: VARIANTS.software, exact: isExact };
    const backend = await createWebGPUBackend({ ...SIZES, device: inexact, ...options });
    const driver = new PlanDriver(backend);
    const sequence = driver.start(Array.from({ length: count }, (_, i) => i + 1));
    const [sample] = await driver.step([{ sequence, count, sample: "all" }]);
    const logits = bits(sample.logits!.slice());
    await backend.dispose();
    return { isExact: backend.info.bitExact, logits };
  };

  test("finds this device bit-exact", async () => {
    const backend = await createWebGPUBackend({ ...SIZES, device: exact });
    expect(backend.info.bitExact).toBe(true);
    await backend.dispose();
    const submits: number[] = [];
    const submit = exact.queue.submit.bind(exact.queue);
    exact.queue.submit = (buffers) => (submits.push([...buffers].length), submit(buffers));
    const again = await createWebGPUBackend({ ...SIZES, device: exact });
    expect(again.info.bitExact).toBe(true);
    expect(submits).toEqual([]); // what is known of a device's pipelines is not probed again
    exact.queue.submit = submit;
    await again.dispose();
  });

  test("leaves out kernels whose bits differ, so that the others keep the promise", async () => {
    const [alone, together] = [await firstLogits(1, true), await firstLogits(9, true)];
    expect(together).toEqual(alone);
    expect(alone.isExact).toBe(true);
  });

  test("exact: false keeps them, and the backend says so", async () => {
    const [alone, together] = [await firstLogits(1, false), await firstLogits(9, false)];
    expect(together.isExact).toBe(false);
    expect(together.logits).not.toEqual(alone.logits);
  });

  test("says nothing where the cache is too small to tell", async () => {
    const backend = await createWebGPUBackend({ ...SIZES, maxTokens: 1, device: exact });
    expect(backend.info).not.toHaveProperty("bitExact");
    await backend.dispose();
  });
});
