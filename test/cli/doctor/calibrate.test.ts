import { expect, test } from "vitest";
import { calibrateCpu } from "../../../src/cli/doctor/calibrate.ts";
import { plainDecoder } from "../../../src/decoder.ts";
import { gpuFromJson } from "../../../src/roofline/index.ts";

const TINY = plainDecoder(1, {
  vocabSize: 128,
  hiddenSize: 64,
  intermediateSize: 64,
  headCount: 4,
  kvHeadCount: 4,
  headDim: 16,
  contextLength: 256,
  tiedEmbeddings: true,
});

test("what is measured can be read as a GPU's file", async () => {
  const gpu = await calibrateCpu(TINY);
  expect(gpu).toMatchObject({ name: "cpu", memoryBytes: 2 ** 32 });
  const inRange = { ...gpu, flops: { fp16: 1e11 }, bytesPerSecond: 1e10 };
  expect(gpuFromJson(JSON.parse(JSON.stringify(inRange)))).toEqual(inRange);
  for (const rate of [gpu.flops.fp16, gpu.bytesPerSecond]) expect(rate).toBeGreaterThan(0);
});
