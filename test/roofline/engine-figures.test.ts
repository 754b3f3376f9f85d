import { expect, test } from "vitest";
import {
  gpuNamed,
  gpuUnder,
  modelNamed,
  StepLoad,
  StepTime,
  TRTLLM_FIGURES,
  VLLM_FIGURES,
} from "../../src/roofline/index.ts";

test("no engine leaves a GPU as it is, factors stay within the datasheet, a link keeps its share", () => {
  const h100 = gpuNamed("h100");
  expect(gpuUnder(null, h100)).toBe(h100);
  const under = gpuUnder({ ...TRTLLM_FIGURES, flopsFactor: 9, lowPrecisionFlopsFactor: 9 }, h100);
  expect([under.efficiency.flopsShare, under.efficiency.lowPrecisionFlopsShare]).toEqual([1, 1]);
  expect(under.link).toEqual({ ...h100.link, latencySeconds: TRTLLM_FIGURES.allReduceSeconds });
  expect(under.efficiency.fittedOn).toContain("TensorRT-LLM");
});

/** Seconds of a step under vLLM. */
function seconds(
  gpu: string,
  model: string,
  requests: readonly (readonly [number, number, number])[],
  more: { arithmetic?: "fp8"; gpus?: number } = {},
): number {
  const shape = modelNamed(model);
  const load = new StepLoad(shape);
  for (const request of requests) load.add(...request);
  return new StepTime({ gpu: gpuUnder(VLLM_FIGURES, gpuNamed(gpu)), shape, ...more }).stepSeconds(load);
}

test("a step with a prompt's tokens takes longer than one of as many decodes", () => {
  const decodes = seconds("h100", "llama-3-8b", [
    [1, 500, 1],
    [1, 500, 1],
    [1, 500, 1],
  ]);
  const mixed = seconds("h100", "llama-3-8b", [
    [1, 500, 1],
    [2, 500, 1],
  ]);
  // One request fewer has a third less to read and to prepare; the rest is 32 layers whose kernels start one by one.
  expect(mixed - decodes).toBeGreaterThan(0.5 * 32 * VLLM_FIGURES.promptSecondsPerLayer);
});

test("heads of their own are read slower than shared ones, a byte", () => {
  const perByte = (model: string, bytes: number): number =>
    (seconds("h100", model, [[1, 4000, 1]]) - seconds("h100", model, [[1, 1, 1]])) / (3999 * bytes);
  expect(perByte("llama-2-7b", 524_288) / perByte("llama-3-8b", 131_072)).toBeGreaterThan(1.5);
});

test("each GPU more makes an all-reduce longer", () => {
  const step = (gpus: number): number =>
    new StepTime({ gpu: gpuNamed("h100"), shape: modelNamed("llama-3-70b"), gpus }).allReduceLatencySeconds;
  expect(step(8) - step(4)).toBeCloseTo(2 * (step(4) - step(2)), 12);
  expect(step(4)).toBeGreaterThan(step(2));
});

test("products of 8 bits have their own share, and cost a start a layer", () => {
  const { efficiency } = gpuNamed("h100");
  const time = new StepTime({
    gpu: gpuNamed("h100"),
    shape: modelNamed("llama-3-8b"),
    weightBits: 8,
    arithmetic: "fp8",
  });
  const plain = new StepTime({ gpu: gpuNamed("h100"), shape: modelNamed("llama-3-8b") });
  expect(time.launchSeconds - plain.launchSeconds).toBeCloseTo(32 * efficiency.lowPrecisionSecondsPerLayer, 12);
  expect(plain.matrixSecondsPerToken / time.matrixSecondsPerToken).toBeCloseTo(
    (1978.9 / 989.4) * (efficiency.lowPrecisionFlopsShare / efficiency.flopsShare),
    9,
  );
});
