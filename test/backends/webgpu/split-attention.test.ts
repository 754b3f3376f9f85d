import { describe, expect, test } from "vitest";
import type { Buffers } from "../../../src/backends/webgpu/buffers.ts";
import { GPU_VARIANTS, SOFTWARE_VARIANTS } from "../../../src/backends/webgpu/kernels/variants.ts";
import { shapeOf } from "../../../src/backends/webgpu/shape.ts";
import { createSplitAttention } from "../../../src/backends/webgpu/split-attention.ts";
import { randomModel } from "../../../src/testing/index.ts";

const shape = shapeOf(
  randomModel(1, { headDim: 128, headCount: 32, kvHeadCount: 8, hiddenSize: 8, vocabSize: 4 }).config,
);
const made: number[] = [];
const buffers = { create: (_label: string, size: number) => made.push(size) } as unknown as Buffers;
const sizes = { positions: 8192, maxTokens: 512, bindingBytes: 2 ** 27 };

describe("createSplitAttention", () => {
  test("has room for the classes of at most 16 rows", () => {
    expect(createSplitAttention(buffers, shape, GPU_VARIANTS, sizes)).toMatchObject({ segments: 32, mostRows: 16 });
    expect(made.at(-1)).toBe(16 * 32 * 32 * 33 * 16);
  });

  test("has fewer rows where a context is long, none where not even one fits", () => {
    const long = { ...sizes, positions: 131_072 };
    expect(createSplitAttention(buffers, shape, GPU_VARIANTS, long)).toMatchObject({ segments: 512, mostRows: 4 });
    expect(createSplitAttention(buffers, shape, GPU_VARIANTS, { ...long, bindingBytes: 2 ** 20 })).toBeNull();
  });

  test("is not there for one segment, nor on a CPU", () => {
    expect(createSplitAttention(buffers, shape, GPU_VARIANTS, { ...sizes, positions: 256 })).toBeNull();
    expect(createSplitAttention(buffers, shape, SOFTWARE_VARIANTS, sizes)).toBeNull();
  });
});
