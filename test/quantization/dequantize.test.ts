import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { DType, Tensor } from "../../src/model.ts";
import { dequantizeRow, FORMATS, toFloat32 } from "../../src/quantization/index.ts";
import { randomModel } from "../../src/testing/index.ts";

function tensor(dtype: DType, words: readonly number[], offset = 0): Tensor {
  const size = FORMATS[dtype].blockBytes;
  const buffer = new ArrayBuffer(offset + size * words.length);
  const view = new DataView(buffer);
  for (const [i, word] of words.entries()) {
    if (size === 4) view.setUint32(offset + size * i, word, true);
    else view.setUint16(offset + size * i, word, true);
  }
  return { name: "t", dtype, shape: [words.length], bytes: new Uint8Array(buffer, offset) };
}

describe("toFloat32", () => {
  test.each<[DType, number, number]>([
    ["F32", 0x3fc00000, 1.5],
    ["F32", 0xc2280000, -42],
    ["F32", 0x00000001, 2 ** -149],
    ["BF16", 0x3fc0, 1.5],
    ["BF16", 0xc228, -42],
    ["BF16", 0x7f80, Number.POSITIVE_INFINITY],
    ["BF16", 0x0001, 2 ** -133],
    ["F16", 0x3e00, 1.5],
    ["F16", 0xd140, -42],
    ["F16", 0x7bff, 65504],
    ["F16", 0x0400, 2 ** -14],
    ["F16", 0x03ff, 1023 * 2 ** -24],
    ["F16", 0x0001, 2 ** -24],
    ["F16", 0x7c00, Number.POSITIVE_INFINITY],
    ["F16", 0xfc00, Number.NEGATIVE_INFINITY],
    ["F16", 0x7e00, Number.NaN],
    ["F16", 0x8000, -0],
  ])("%s 0x%s is %s", (dtype, word, value) => expect(toFloat32(tensor(dtype, [word]))[0]).toBe(value));

  test("reads bytes that start anywhere, and copies", () => {
    for (const dtype of ["F32", "F16", "BF16"] as const) {
      const odd = tensor(
        dtype,
        dtype === "F32" ? [0x3f800000, 0x40000000] : dtype === "F16" ? [0x3c00, 0x4000] : [0x3f80, 0x4000],
        3,
      );
      const numbers = toFloat32(odd);
      expect([...numbers]).toEqual([1, 2]);
      numbers[0] = 9;
      expect(toFloat32(odd)[0]).toBe(1);
    }
  });

  test("any float32 comes back bit by bit", () => {
    fc.assert(
      fc.property(fc.float(), (value) => {
        const [word] = new Uint32Array(new Float32Array([value]).buffer);
        expect(toFloat32(tensor("F32", [word]))[0]).toBe(value);
      }),
    );
  });
});

test("dequantizeRow counts rows through all leading lengths", () => {
  const { gate } = randomModel(1, {
    layerCount: 1,
    hiddenSize: 64,
    dtype: "Q5_1",
    experts: { count: 3, perToken: 1, intermediateSize: 32, normalized: true },
    layers: [{ window: null, rope: 0, experts: true }],
  }).layers[0];
  expect(gate.shape).toEqual([3, 32, 64]);
  const row = new Float32Array(64);
  dequantizeRow(gate, 5, row);
  expect(row).toEqual(toFloat32(gate).slice(5 * 64, 6 * 64));
});
