import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { GPU_VARIANTS, createWebGPUBackend } from "../../../src/backends/webgpu/index.ts";
import { DeviceLimitError, InvalidOptionError, OutOfMemoryError } from "../../../src/errors.ts";
import { PlanDriver, randomModel } from "../../../src/testing/index.ts";
import { bits, gpu, ifWebGPU, noWebGPU, openDevice } from "../../support/webgpu.ts";

const SIZES = { model: randomModel(1), blockCount: 8, blockSize: 4, maxTokens: 16, maxRequests: 2 };

describe.skipIf(noWebGPU)(`createWebGPUBackend${ifWebGPU}`, () => {
  let device: GPUDevice; // shared, because compiling is what takes time
  beforeAll(async () => {
    device = await openDevice();
  });
  afterAll(() => device.destroy());

  test("says in its info what it was asked for, and what it runs on", async () => {
    const { blockCount: _, ...rest } = SIZES;
    const backend = await createWebGPUBackend({
      ...rest,
      gpu: gpu(),
      kvBytes: 10 * 2 * 2 * 2 * 4 * 8 * 4,
      hostBlockCount: 3,
    });
    expect(backend.info).toEqual({
      name: expect.stringMatching(/^webgpu \(.+\)$/) as string,
      blockCount: 9,
      hostBlockCount: 3,
      blockSize: 4,
      maxTokens: 16,
      maxRequests: 2,
      contextLength: 128,
      vocabSize: 97,
      bytesPerBlock: 2 * 2 * 2 * 4 * 8 * 4,
      groups: [{ window: null }],
      bitExact: true,
    });
    await backend.dispose();
  });

  test("the variants for GPUs give the bits of those for software", async () => {
    const logits = async (variants?: typeof GPU_VARIANTS): Promise<number[]> => {
      const backend = await createWebGPUBackend({ ...SIZES, device, keepLogits: true, variants });
      const driver = new PlanDriver(backend);
      const sequence = driver.start([5, 6, 7, 8, 9, 10, 11]);
      const samples = [...(await driver.step([{ sequence, sample: "all" }])), ...(await driver.step([{ sequence }]))];
      await backend.dispose();
      return samples.flatMap((sample) => bits(sample.logits!));
    };
    // the first and last class of rows: SwiftShader compiles the others for half a minute (npm run lavapipe has all)
    const linear = GPU_VARIANTS.linear.filter((_, i) => i % 6 === 0);
    expect(await logits({ ...GPU_VARIANTS, linear })).toEqual(await logits());
  });

  test("samples tile by tile where logits of a whole step are too many", async () => {
    const tokens = Array.from({ length: 10 }, (_, i) => 5 * i);
    const params = { temperature: 1, logprobs: 2 };
    const sample = async (bindingBytes?: number): Promise<unknown> => {
      const backend = await createWebGPUBackend({ ...SIZES, maxTokens: 10, device, bindingBytes });
      const driver = new PlanDriver(backend);
      const samples = await driver.step([{ sequence: driver.start(tokens, { sampling: params }), sample: "all" }]);
      await backend.dispose();
      return samples.map(({ tokenId, logprob, topIds }) => ({ tokenId, logprob, topIds }));
    };
    expect(await sample(2400)).toEqual(await sample()); // six rows of 400 bytes a tile
  });

  test("out of memory says what for and how many bytes, and gives back what it took", async () => {
    const failingDevice = await openDevice();
    const pop = failingDevice.popErrorScope.bind(failingDevice);
    let failing = false;
    const create = failingDevice.createBuffer.bind(failingDevice);
    const destroyed: string[] = [];
    failingDevice.createBuffer = (descriptor) => {
      failing = /keys and values/.test(descriptor.label!);
      const buffer = create(descriptor);
      buffer.destroy = () => void destroyed.push(descriptor.label!);
      return buffer;
    };
    failingDevice.popErrorScope = async () => {
      const isFailing = failing;
      await pop();
      return isFailing ? new GPUOutOfMemoryErrorStandIn("no room") : null;
    };
    const attempt = createWebGPUBackend({ ...SIZES, device: failingDevice });
    await expect(attempt).rejects.toThrow(OutOfMemoryError);
    await expect(attempt).rejects.toThrow(
      /^cannot allocate 9216 bytes for keys and values of 8 blocks on the device, which holds 0 bytes in 0 buffers: fewer/,
    );
    expect(destroyed.length).toBeGreaterThan(5); // weights were not read yet
    failingDevice.destroy();
  });

  test("a limit that nothing can be split under names itself, what it is and what was needed", async () => {
    const attempt = createWebGPUBackend({ ...SIZES, device, bindingBytes: 1000 });
    await expect(attempt).rejects.toThrow(DeviceLimitError);
    await expect(attempt).rejects.toThrow(
      "maxStorageBufferBindingSize is 1000, one key-value head of one layer needs 2304 with 8 blocks: use fewer blocks",
    );
  });
});

class GPUOutOfMemoryErrorStandIn {
  readonly message: string;
  constructor(message: string) {
    this.message = message;
  }
}

test("options are checked before any device is asked for", async () => {
  await expect(createWebGPUBackend({ ...SIZES, maxTokens: 0 })).rejects.toThrow(InvalidOptionError);
});

test("without WebGPU it says what to install", async () => {
  await expect(
    createWebGPUBackend({ ...SIZES, gpu: { requestAdapter: () => Promise.resolve(null) } as unknown as GPU }),
  ).rejects.toThrow(/^WebGPU finds no adapter: install/);
});
