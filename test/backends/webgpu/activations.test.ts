import { describe, expect, test } from "vitest";
import { createActivations, tileRows } from "../../../src/backends/webgpu/activations.ts";
import type { Buffers } from "../../../src/backends/webgpu/buffers.ts";
import { shapeOf } from "../../../src/backends/webgpu/shape.ts";
import { randomModel } from "../../../src/testing/index.ts";

const small = shapeOf(randomModel(1).config);
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
    createActivations(buffers, small, 10, 4, 2 ** 20);
    expect(sizes.get("hidden states")).toBe(10 * 8 * 16);
    expect(sizes.get("queries")).toBe(10 * 8 * 16);
    expect(sizes.get("feed-forward rows")).toBe(10 * 11 * 16);
    expect(sizes.get("logits")).toBe(4 * 25 * 16);
  });

  test("says which limit is too small, what it is and what was needed", () => {
    expect(() => createActivations(buffers, small, 100, 4, 13_000)).toThrow(
      "maxStorageBufferBindingSize is 13000, feed-forward rows of 100 rows need 17600: use fewer tokens a step",
    );
  });
});
