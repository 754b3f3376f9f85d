import { expect, test } from "vitest";
import { InvalidOptionError } from "../../src/errors.ts";
import { gpuNamed, modelNamed } from "../../src/roofline/index.ts";
import { arithmeticRate, resolveSetup } from "../../src/roofline/setup.ts";

const [gpu, shape] = [gpuNamed("h100"), modelNamed("qwen2.5-0.5b")];

test("defaults: 16 bits, one GPU", () => {
  expect(resolveSetup({ gpu, shape })).toEqual({ gpu, shape, weightBits: 16, kvBits: 16, arithmetic: "fp16", gpus: 1 });
});

test.each([
  [{ weightBits: 0 }, "weightBits must be in (0, 32], got 0"],
  [{ kvBits: Number.NaN }, "kvBits must be in (0, 32], got NaN"],
  [{ gpus: 1.5 }, "gpus must be an integer in [1, 16], got 1.5"],
  [{ gpus: 4 }, "gpus must divide the 14 heads of qwen2.5-0.5b, got 4"],
])("refuses %o", (option, message) => {
  expect(() => resolveSetup({ gpu, shape, ...option })).toThrow(InvalidOptionError);
  expect(() => resolveSetup({ gpu, shape, ...option })).toThrow(message);
});

test("the rate is of the precision that multiplies", () => {
  expect(arithmeticRate(gpu, "fp8") / arithmeticRate(gpu, "fp16")).toBeCloseTo(2, 3);
  expect(() => resolveSetup({ gpu: gpuNamed("t4"), shape, arithmetic: "fp8" })).toThrow(
    `t4 does not multiply in "fp8"`,
  );
});
