import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Buffers, STORAGE } from "../../../src/backends/webgpu/buffers.ts";
import { Readback } from "../../../src/backends/webgpu/readback.ts";
import { resultWords } from "../../../src/backends/webgpu/sampler.ts";
import { shapeOf } from "../../../src/backends/webgpu/shape.ts";
import { randomModel } from "../../../src/testing/index.ts";
import { ifWebGPU, noWebGPU, openDevice } from "../../support/webgpu.ts";

const SAMPLES = 3;
const VOCABULARY = 5;
const shape = shapeOf(randomModel(1, { vocabSize: VOCABULARY }).config);

describe.skipIf(noWebGPU)(`Readback${ifWebGPU}`, () => {
  let device: GPUDevice;
  let buffers: Buffers;
  let results: GPUBuffer;
  let logits: GPUBuffer;
  beforeAll(async () => {
    device = await openDevice();
    buffers = new Buffers(device);
    const words = Int32Array.from({ length: resultWords(SAMPLES) }, (_, i) => i);
    words.set([1, 0, 1], SAMPLES);
    new Float32Array(words.buffer).set([0.5, 1.5, 2.5], 2 * SAMPLES);
    new Float32Array(words.buffer).set([7.5], 3 * SAMPLES + 20 * SAMPLES + 20);
    results = buffers.createFilled("results", words.byteLength, STORAGE, (target) => new Int32Array(target).set(words));
    logits = buffers.createFilled("logits", SAMPLES * 32, STORAGE, (target) =>
      new Float32Array(target).set(Array.from({ length: 24 }, (_, i) => i)),
    );
  });
  afterAll(() => device.destroy());

  const read = async (readback: Readback, samples: number, logprobs: boolean): Promise<void> => {
    const encoder = device.createCommandEncoder();
    readback.encode(encoder, results, logits, samples, logprobs);
    device.queue.submit([encoder.finish()]);
    await readback.read();
  };

  test("brings back ids and flags, again and again, unless more is wanted", async () => {
    const readback = new Readback(buffers, { maxSamples: SAMPLES, vocabSize: VOCABULARY, shape, keepLogits: false });
    await read(readback, 2, false);
    expect([...readback.result.tokenIds]).toEqual([0, 1, 0]);
    expect([...readback.result.sampleFlags!]).toEqual([1, 0, 0]);
    expect([...readback.result.logprobs!]).toEqual([0, 0, 0]);
    await read(readback, 3, true);
    expect([...readback.result.tokenIds]).toEqual([0, 1, 2]);
    expect([...readback.result.sampleFlags!]).toEqual([1, 0, 1]);
    expect([...readback.result.logprobs!]).toEqual([0.5, 1.5, 2.5]);
    expect(Array.from(readback.result.topIds!.subarray(18, 22))).toEqual([27, 28, 29, 30]);
    expect(readback.result.topLogprobs![20]).toBe(7.5);
    expect(readback.result.logits).toBeUndefined();
  });

  test("waits for a step without samples", async () => {
    const readback = new Readback(buffers, { maxSamples: SAMPLES, vocabSize: VOCABULARY, shape, keepLogits: true });
    await read(readback, 0, false);
    expect([...readback.result.tokenIds]).toEqual([0, 0, 0]);
  });

  test("brings logits back without their padding", async () => {
    const readback = new Readback(buffers, { maxSamples: SAMPLES, vocabSize: VOCABULARY, shape, keepLogits: true });
    await read(readback, 2, false);
    expect([...readback.result.logits!]).toEqual([0, 1, 2, 3, 4, 8, 9, 10, 11, 12, 0, 0, 0, 0, 0]);
  });
});
