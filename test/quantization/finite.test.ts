import { describe, expect, test } from "vitest";
import {
  DTYPES,
  FORMATS,
  findNotFinite,
  isFloat,
  numberToHalf,
  quantize,
  toFloat32,
} from "../../src/quantization/index.ts";
import { randomModel } from "../../src/testing/index.ts";

describe("findNotFinite", () => {
  test.each(DTYPES)("finds the first number of %s that is not finite, and none in a sound tensor", (dtype) => {
    const { gate } = randomModel(3, { dtype, layerCount: 1 }).layers[0];
    expect(findNotFinite(gate)).toBe(-1);
    const { blockBytes } = FORMATS[dtype];
    const bytes = gate.bytes.slice();
    for (let at = 0; at < blockBytes; at++) {
      const kept = bytes.slice(5 * blockBytes, 6 * blockBytes);
      bytes.fill(0x7f, 5 * blockBytes + at, 5 * blockBytes + at + 2);
      const broken = { ...gate, bytes };
      const first = toFloat32(broken).findIndex((x) => !Number.isFinite(x));
      const found = findNotFinite(broken);
      expect(found >= 0).toBe(first >= 0);
      if (first >= 0 && isFloat(dtype)) expect(found).toBe(first);
      bytes.set(kept, 5 * blockBytes);
    }
  });

  test("infinities count, largest numbers do not", () => {
    const f32 = (...values: number[]) => ({
      name: "x",
      dtype: "F32" as const,
      shape: [values.length],
      bytes: new Uint8Array(Float32Array.from(values).buffer),
    });
    expect(findNotFinite(f32(3.4028234663852886e38, -1e-45, 0))).toBe(-1);
    expect(findNotFinite(f32(1, Number.NEGATIVE_INFINITY))).toBe(1);
    const f16 = {
      name: "x",
      dtype: "F16" as const,
      shape: [2],
      bytes: new Uint8Array(Uint16Array.of(numberToHalf(65_504), 0xfc00).buffer),
    };
    expect(findNotFinite(f16)).toBe(1);
  });

  test("a number too large for a binary16 scale shows after quantizing", () => {
    const wide = {
      name: "x",
      dtype: "F32" as const,
      shape: [32],
      bytes: new Uint8Array(new Float32Array(32).fill(1e7).buffer),
    };
    expect(findNotFinite(quantize(wide, "Q8_0"))).toBe(0);
  });
});
