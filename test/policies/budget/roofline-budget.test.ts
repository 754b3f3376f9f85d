import { expect, test } from "vitest";
import { InvalidOptionError } from "../../../src/errors.ts";
import { rooflineBudget } from "../../../src/policies/budget/roofline-budget.ts";
import { gpuNamed } from "../../../src/roofline/index.ts";

test.each([
  ["a10", 208],
  ["a100-40gb", 200],
  ["a100-80gb", 153],
  ["h100", 295],
])("of an %s it is B*, %s tokens", (name, tokens) => {
  const budget = rooflineBudget({ gpu: gpuNamed(name) });
  expect([budget.name, budget.tokens(), budget.maxTokens]).toEqual(["roofline", tokens, tokens]);
});

test("weights of 8 bits halve it, arithmetic of 8 bits brings it back", () => {
  const gpu = gpuNamed("a10");
  expect(rooflineBudget({ gpu, weightBits: 8 }).tokens()).toBe(104);
  expect(rooflineBudget({ gpu, weightBits: 8, arithmetic: "int8" }).tokens()).toBe(208);
});

test("never more than the backend takes, never less than one", () => {
  const gpu = gpuNamed("a10");
  expect(rooflineBudget({ gpu, maxTokens: 64 }).maxTokens).toBe(64);
  expect(rooflineBudget({ gpu: { ...gpu, flops: { fp16: 1 } } }).tokens()).toBe(1);
});

test("refuses figures that give no number", () => {
  const gpu = gpuNamed("a10");
  expect(() => rooflineBudget({ gpu, weightBits: 0 })).toThrow(InvalidOptionError);
  expect(() => rooflineBudget({ gpu, maxTokens: 0 })).toThrow(
    new InvalidOptionError("a step of B* = 208.33333333333334 tokens, 0 at most, is none"),
  );
  expect(() => rooflineBudget({ gpu: gpuNamed("l4"), arithmetic: "fp4" })).toThrow(InvalidOptionError);
});
