import { describe, expect, test } from "vitest";
import { createActivations, tileRows } from "../../../src/backends/webgpu/activations.ts";
import type { Buffers } from "../../../src/backends/webgpu/buffers.ts";
import { shapeOf } from "../../../src/backends/webgpu/shape.ts";
import { randomModel } from "../../../src/testing/index.ts";

const { config } = randomModel(1);
const small = shapeOf(config);
const LIMIT = 2 ** 30;
const wide = { ...small, vocabulary: 32_768 }; // 128 Ki tokens, half a MiB a row

describe("tileRows", () => {
  test("takes the whole step where it fits, and always where logits are kept", () => {
    expect(tileRows(small, 512, false, LIMIT)).toBe(512);
    expect(tileRows(wide, 512, true, LIMIT)).toBe(512);
  });

  test("cuts a step whose logits take more than 32 MiB or a binding, but never below one row", () => {
    expect(tileRows(wide, 512, false, LIMIT)).toBe(64);
    expect(tileRows({ ...small, vocabulary: 2 ** 23 }, 512, false, LIMIT)).toBe(1);
    expect(tileRows(wide, 512, false, 3 * 2 ** 20)).toBe(6);
  });
});

describe("createActivations", () => {
  const sizes = new Map<string, number>();
  const buffers = { create: (label: string, size: number) => sizes.set(label, size) } as unknown as Buffers;

  test("has a row of whole vectors for each token and each sample of a tile", () => {
    createActivations(buffers, config, "f32", { maxTokens: 10, tile: 4, bindingBytes: 2 ** 20 });
    expect(sizes.get("hidden states")).toBe(10 * 8 * 16);
    expect(sizes.get("queries")).toBe(10 * 8 * 16);
    expect(sizes.get("feed-forward rows")).toBe(10 * 11 * 16);
    expect(sizes.get("logits")).toBe(4 * 25 * 16);
  });

  test("has what norms of heads, norms behind branches and experts need, and no more", () => {
    const plain = createActivations(buffers, config, "f32", { maxTokens: 10, tile: 4, bindingBytes: 2 ** 20 });
    expect([plain.projected, plain.branch, plain.experts]).toEqual([null, null, null]);
    const parts = {
      norm: { ...config.norm, place: "around" as const },
      experts: { count: 6, perToken: 2, intermediateSize: 10, normalized: true },
    };
    createActivations(buffers, { ...config, ...parts }, "int8", { maxTokens: 10, tile: 4, bindingBytes: 2 ** 20 });
    expect(sizes.get("queries, keys and values")).toBe(10 * (4 + 2 * 2) * 2 * 16);
    expect(sizes.get("outputs of a branch")).toBe(10 * 8 * 16);
    expect(sizes.get("router logits")).toBe(10 * 2 * 16);
    expect(sizes.get("chosen experts")).toBe(10 * 16);
    expect(sizes.get("rows of experts")).toBe(10 * 2 * 3 * 16);
    expect(sizes.get("outputs of experts")).toBe(10 * 2 * 8 * 16);
  });

  test("says which limit is too small, what it is and what was needed", () => {
    expect(() => createActivations(buffers, config, "f32", { maxTokens: 100, tile: 4, bindingBytes: 13_000 })).toThrow(
      "maxStorageBufferBindingSize is 13000, feed-forward rows of 100 rows need 17600: use fewer tokens a step",
    );
  });
});
