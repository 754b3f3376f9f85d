import { expect, test } from "vitest";
import { InvalidOptionError } from "../../src/errors.ts";
import { capacity, CPU, GPUS, gpuNamed, modelNamed } from "../../src/roofline/index.ts";

test("the catalogue has the names that others rely on", () => {
  expect([...GPUS.keys()]).toEqual([
    "a10",
    "a10g",
    "a100-40gb",
    "a100-80gb",
    "h100",
    "h200",
    "l4",
    "l40s",
    "t4",
    "rtx-4090",
    "rtx-pro-6000",
    "rtx-5090",
    "h20",
    "b200",
    "gb200",
    "mi300x",
    "mi355x",
    "m3-max",
    "m4-max",
  ]);
});

test("figures are of the right order, in base units, and name their sources", () => {
  for (const gpu of GPUS.values()) {
    expect(gpu.flops.fp16).toSatisfy((rate: number) => rate >= 14e12 && rate <= 2600e12);
    const { fp16, int8 = 2 * fp16, fp8 = 2 * fp16, fp4 = 2 * fp8 } = gpu.flops;
    expect(int8 / fp16).toSatisfy((ratio: number) => ratio > 1.9 && ratio < 4.1);
    expect(fp8 / fp16).toBeCloseTo(2, 1);
    expect(fp4 / fp8).toSatisfy((ratio: number) => ratio > 1.9 && ratio < 4.1);
    expect(gpu.bytesPerSecond).toSatisfy((rate: number) => rate >= 300e9 && rate <= 8000e9);
    expect(gpu.memoryBytes % 2 ** 30).toBe(0);
    expect(gpu.dollarsPerHour).toSatisfy((price: number) => price > 0.1 && price < 15);
    expect(gpu.source).toMatch(/NVIDIA|AMD|Apple/);
    expect(gpu.priceSource).not.toBe("");
  }
});

test("an unknown name lists the known ones; case does not matter", () => {
  expect(gpuNamed("A10")).toBe(gpuNamed("a10"));
  expect(() => gpuNamed("a11")).toThrow(InvalidOptionError);
  expect(() => gpuNamed("a11")).toThrow(/unknown GPU "a11"; known: a10, a10g, .*m4-max/);
});

test("the CPU has a name of its own, and is not for rent", () => {
  expect(gpuNamed("CPU")).toBe(CPU);
  expect(GPUS.has(CPU.name)).toBe(false);
  const options = { gpu: CPU, shape: modelNamed("qwen2.5-0.5b"), weightBits: 8 };
  expect(capacity(options).maxSequences).toBeGreaterThan(0);
});
