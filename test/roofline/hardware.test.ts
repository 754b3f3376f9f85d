import { expect, test } from "vitest";
import { InvalidOptionError } from "../../src/errors.ts";
import { GPUS, gpuNamed } from "../../src/roofline/index.ts";

test("the catalogue has the names that others rely on", () => {
  expect([...GPUS.keys()]).toEqual(["a10", "a10g", "a100-40gb", "a100-80gb", "h100", "h200", "l4", "l40s", "t4", "rtx-4090", "rtx-pro-6000"]);
});

test("figures are of the right order, in base units, and name their sources", () => {
  for (const gpu of GPUS.values()) {
    expect(gpu.flops.fp16).toSatisfy((rate: number) => rate >= 50e12 && rate <= 1000e12);
    expect((gpu.flops.int8 ?? 0) / gpu.flops.fp16).toSatisfy((ratio: number) => ratio > 1.9 && ratio < 4.1);
    expect(gpu.bytesPerSecond).toSatisfy((rate: number) => rate >= 300e9 && rate <= 5000e9);
    expect(gpu.memoryBytes % 2 ** 30).toBe(0);
    expect(gpu.dollarsPerHour).toSatisfy((price: number) => price > 0.1 && price < 15);
    expect(gpu.source).toMatch(/NVIDIA/);
    expect(gpu.priceSource).not.toBe("");
  }
});

test("an unknown name lists the known ones; case does not matter", () => {
  expect(gpuNamed("A10")).toBe(gpuNamed("a10"));
  expect(() => gpuNamed("a11")).toThrow(InvalidOptionError);
  expect(() => gpuNamed("a11")).toThrow(/unknown GPU "a11"; known: a10, a10g, .*rtx-pro-6000/);
});
