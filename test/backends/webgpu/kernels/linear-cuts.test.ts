import { describe, expect, test } from "vitest";
import { linearCut, workgroupRows, workgroupThreads } from "../../../../src/backends/webgpu/kernels/linear-cuts.ts";
import { GPU_VARIANTS, SOFTWARE_VARIANTS } from "../../../../src/backends/webgpu/kernels/variants.ts";

/** Numbers of an input row of models from 64 to 53,248. */
const INPUTS = [64, 300, 576, 896, 1024, 1536, 2048, 3072, 3584, 4096, 8192, 14_336, 28_672, 53_248];

describe.each(GPU_VARIANTS.linear)("products of at most $mostRows rows on a GPU", (each) => {
  test.each(INPUTS)("with %i inputs stay within WebGPU's default limits, in whole groups of 32 threads", (inputs) => {
    const cut = linearCut(each, Math.ceil(inputs / 4));
    const threads = workgroupThreads(cut);
    expect(threads % 32).toBe(0);
    expect(threads).toBeLessThanOrEqual(256);
    const vectors =
      cut.kind === "block" ? cut.steps * (workgroupRows(cut) + 4 * cut.columns) : cut.rowsAtATime * threads;
    expect(16 * vectors).toBeLessThanOrEqual(16_384);
    expect(32 % cut.steps).toBe(0);
    expect(cut.rows % cut.rowsAtATime).toBe(0);
    if (cut.kind === "split") expect(cut.lanes).toBeGreaterThanOrEqual(cut.rowsAtATime);
  });

  test("read each weight once while there are at most 32 rows", () => {
    if (each.mostRows <= 32) expect(workgroupRows(each)).toBeGreaterThanOrEqual(each.mostRows);
  });
});

test("shaders on a CPU have no workgroup memory", () => {
  const kinds = SOFTWARE_VARIANTS.linear.map((each) => linearCut(each, 32).kind);
  expect(kinds).toEqual(["row", "tile"]);
});
