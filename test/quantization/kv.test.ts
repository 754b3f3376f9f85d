import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { kvHeadBytes, type KvType } from "../../src/kv-type.ts";
import { decodeKv, encodeKv } from "../../src/quantization/index.ts";

/** A head as that type stores it, read back. */
function stored(type: KvType, x: readonly number[]): number[] {
  const view = new DataView(new ArrayBuffer(3 + kvHeadBytes(type, x.length)));
  const out = new Float64Array(x.length + 1);
  encodeKv(type, Float64Array.of(9, ...x), 1, x.length, view, 3);
  decodeKv(type, view, 3, x.length, out, 1);
  return Array.from(out.subarray(1));
}

describe("a head of keys or values", () => {
  test("f32 and f16 are the nearest floats", () => {
    expect(stored("f32", [0.1, -2])).toEqual([Math.fround(0.1), -2]);
    expect(stored("f16", [0.1, 65_519, 65_520, 2 ** -25, 3 * 2 ** -25])).toEqual([
      0.0999755859375,
      65_504,
      Number.POSITIVE_INFINITY,
      0,
      2 ** -23,
    ]);
  });

  test("int8 is a multiple of the largest number's 127th, ties to even", () => {
    expect(stored("int8", [127, -127, 0.5, 1.5, 2.5, -2.5])).toEqual([127, -127, 0, 2, 2, -2]);
    expect(stored("int8", [0, 0])).toEqual([0, 0]);
  });

  test("int8 is off by at most half a step, whatever the numbers", () => {
    const head = fc.array(
      fc.integer({ min: -(10 ** 9), max: 10 ** 9 }).map((x) => x / 1000),
      { minLength: 1, maxLength: 64 },
    );
    fc.assert(
      fc.property(head, (x) => {
        const step = Math.max(...x.map(Math.abs)) / 127;
        for (const [i, value] of stored("int8", x).entries()) {
          expect(Math.abs(value - x[i])).toBeLessThanOrEqual(0.5 * step * (1 + 1e-5));
        }
      }),
    );
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY])("int8 does not hide %s", (bad) => {
    expect(stored("int8", [1, bad]).every(Number.isNaN)).toBe(true);
  });
});
