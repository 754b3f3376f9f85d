import { expect, test } from "vitest";
import { compose, weightsPrelude } from "../../../../src/backends/webgpu/kernels/kernel.ts";
import { SOURCES } from "../../../../src/backends/webgpu/kernels/sources.ts";

test("compose puts the named files one after the other", () => {
  expect(compose("part", "columns")).toBe(`${SOURCES.part}\n${SOURCES.columns}`);
});

test("each kind of number has its prelude", () => {
  for (const dtype of ["F32", "F16", "BF16"] as const) expect(SOURCES[weightsPrelude(dtype)]).toContain("fn widen(");
});
