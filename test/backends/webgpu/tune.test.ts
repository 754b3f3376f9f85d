import { expect, test } from "vitest";
import { requestAdapter, tuneVariants } from "../../../src/backends/webgpu/index.ts";
import { VARIANTS } from "../../../src/backends/webgpu/kernels/variants.ts";
import { isSoak } from "../../support/soak.ts";
import { forcedFamily, gpu, noWebGPU } from "../../support/webgpu.ts";

const isShort = !isSoak && forcedFamily === null;

test.skipIf(noWebGPU || isShort)(
  `every class gets the fastest variant of those that were timed${isShort ? " (skipped: npm run soak -- webgpu-kernels)" : ""}`,
  async () => {
    const { variants, classes } = await tuneVariants(await requestAdapter(gpu()));
    expect(variants.linear.map(({ mostRows }) => mostRows)).toEqual(
      VARIANTS.gpu.linear.map(({ mostRows }) => mostRows),
    );
    for (const { chosen, microseconds } of classes) {
      expect(Object.keys(microseconds)).toHaveLength(9);
      expect(microseconds[chosen]).toBe(Math.min(...Object.values(microseconds)));
    }
  },
);
