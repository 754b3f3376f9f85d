import { expect, test } from "vitest";
import { roundToInt8 } from "../../src/quantization/activations.ts";

test("numbers become multiples of the largest / 127, at most half of one away", () => {
  const x = Float64Array.from({ length: 64 }, (_, i) => Math.sin(i) * (i < 32 ? 1 : 50));
  const out = new Float64Array(64);
  roundToInt8(x, 0, 64, out, 0);
  for (const run of [0, 32]) {
    const scale = Math.fround(
      Math.max(...x.subarray(run, run + 32).map((value) => Math.fround(Math.abs(value)))) / 127,
    );
    for (let i = run; i < run + 32; i++) {
      expect(Math.abs(out[i] - x[i])).toBeLessThanOrEqual(scale * 0.501);
      expect(out[i] / scale).toBeCloseTo(Math.round(out[i] / scale), 6);
    }
  }
});

test("ties go to even, zeros stay, and what is not finite makes its run NaN", () => {
  const x = new Float64Array(96);
  x.set([127, 0.5, 1.5, -0.5, -2.5], 0);
  x.set([1, Number.POSITIVE_INFINITY], 64);
  const out = new Float64Array(96);
  roundToInt8(x, 0, 96, out, 0);
  expect([...out.subarray(0, 5)]).toEqual([127, 0, 2, -0, -2]);
  expect(out.subarray(32, 64).every((value) => value === 0)).toBe(true);
  expect(out.subarray(64).every(Number.isNaN)).toBe(true);
});
