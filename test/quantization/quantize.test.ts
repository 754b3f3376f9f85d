import { describe, expect, test } from "vitest";
import { quantize, toFloat32 } from "../../src/quantization/index.ts";
import type { Tensor } from "../../src/model.ts";
import { distance, numbers } from "../support/numbers.ts";

function rowsOf(values: Float32Array, columns: number): Tensor {
  return {
    name: "rows",
    dtype: "F32",
    shape: [values.length / columns, columns],
    bytes: new Uint8Array(values.buffer),
  };
}

describe("quantize", () => {
  test.each([
    ["Q8_0", 0.5 / 127, 34],
    ["Q4_0", 1 / 8, 18],
  ] as const)("%s is off by at most %s of a block's largest number", (dtype, share, blockBytes) => {
    const values = new Float32Array(numbers(4 * 64, 1));
    const narrow = quantize(rowsOf(values, 64), dtype);
    expect(narrow).toMatchObject({ name: "rows", dtype, shape: [4, 64] });
    expect(narrow.bytes.length).toBe(8 * blockBytes);
    expect(distance(toFloat32(narrow), values)).toBeLessThanOrEqual(share * 1.001);
  });

  test("numbers that the format holds stay as they are", () => {
    const eight = Float32Array.from({ length: 32 }, (_, i) => (i === 0 ? -127 : i) * 0.25);
    const four = Float32Array.from({ length: 32 }, (_, i) => ((i % 16) - 8) * 0.5);
    expect(toFloat32(quantize(rowsOf(eight, 32), "Q8_0"))).toEqual(eight);
    expect(toFloat32(quantize(rowsOf(four, 32), "Q4_0"))).toEqual(four);
    expect([...toFloat32(quantize(rowsOf(new Float32Array(32), 32), "Q4_0"))].every((x) => x === 0)).toBe(true);
  });

  test("bytes are those of ggml: halves away from zero, the number of largest magnitude is -8", () => {
    const values = Float32Array.from({ length: 32 }, (_, i) => [127, 0.5, -0.5, 1.5][i] ?? 0);
    expect([...quantize(rowsOf(values, 32), "Q8_0").bytes.subarray(0, 6)]).toEqual([0x00, 0x3c, 127, 1, 255, 2]);
    const positive = Float32Array.from({ length: 32 }, (_, i) => (i === 0 ? 8 : 0));
    expect([...quantize(rowsOf(positive, 32), "Q4_0").bytes.subarray(0, 4)]).toEqual([0x00, 0xbc, 0x80, 0x88]);
  });

  test("rows that are no whole blocks are a programmer's error", () => {
    expect(() => quantize(rowsOf(new Float32Array(33), 33), "Q8_0")).toThrow(
      "a row of 33 numbers is no whole blocks of 32",
    );
  });
});
