import { describe, expect, test } from "vitest";
import { InvalidOptionError } from "../../src/errors.ts";
import { bStar, gpuNamed } from "../../src/roofline/index.ts";

describe("bStar", () => {
  test.each([
    ["a10", 208],
    ["a100-40gb", 201],
    ["a100-80gb", 153],
    ["h100", 295],
  ])("of %s at 16 bits is %i", (name, expected) => {
    expect(Math.round(bStar(gpuNamed(name)))).toBe(expected);
  });

  test("weight-only int8 halves it, int4 quarters it", () => {
    const gpu = gpuNamed("a10");
    expect(bStar(gpu, { weightBits: 8 })).toBeCloseTo(bStar(gpu) / 2, 10);
    expect(bStar(gpu, { weightBits: 4 })).toBeCloseTo(bStar(gpu) / 4, 10);
  });

  test("int8 arithmetic keeps it: half the bytes, twice the operations", () => {
    const gpu = gpuNamed("a100-80gb");
    expect(bStar(gpu, { weightBits: 8, arithmetic: "int8" })).toBeCloseTo(bStar(gpu), 10);
  });

  test("the talk's 400 is twice the dense figure: one operation for a multiply-add, or the rate with sparsity", () => {
    for (const name of ["a10", "a100-40gb"]) {
      const { flops, bytesPerSecond } = gpuNamed(name);
      const multiplyAddIsOne = (2 * flops.fp16) / bytesPerSecond;
      expect(multiplyAddIsOne).toBeCloseTo(2 * bStar(gpuNamed(name)), 8);
      expect(Math.abs(multiplyAddIsOne - 400)).toBeLessThan(20);
    }
  });

  test("refuses arithmetic that the GPU lacks, and names what it has", () => {
    expect(() => bStar(gpuNamed("a10"), { arithmetic: "fp8" })).toThrow(InvalidOptionError);
    expect(() => bStar(gpuNamed("a10"), { arithmetic: "fp8" })).toThrow(
      `a10 does not multiply in "fp8"; it does in fp16, int8`,
    );
  });
});
