import fc from "fast-check";
import { expect, test } from "vitest";
import { QuantileSketch, SKETCH_RELATIVE_ERROR } from "../../src/sim/quantile-sketch.ts";

/** From a nanosecond to thirty years, and zero. */
const times = fc.array(fc.oneof(fc.constant(0), fc.double({ min: 1e-9, max: 1e9, noNaN: true })), {
  minLength: 1,
  maxLength: 60,
});
const weights = fc.integer({ min: 1, max: 9 });
const share = fc.double({ min: 0, max: 1, noNaN: true });

function sketchOf(values: readonly number[], weight = 1): QuantileSketch {
  const sketch = new QuantileSketch();
  for (const value of values) sketch.add(value, weight);
  return sketch;
}

/** The law's side of the comparison: nearest rank in the sorted samples. */
function nearestRank(values: readonly number[], q: number): number {
  return values.toSorted((a, b) => a - b)[Math.max(0, Math.ceil(q * values.length) - 1)];
}

test("any quantile is within the stated error of the exact one", () => {
  fc.assert(
    fc.property(times, weights, share, (values, weight, q) => {
      const exact = nearestRank(values, q);
      // The bound of a bin is rounded: a value on it may fall to either side.
      expect(Math.abs(sketchOf(values, weight).quantile(q) - exact)).toBeLessThanOrEqual(
        exact * SKETCH_RELATIVE_ERROR * (1 + 1e-6),
      );
    }),
  );
});

test("merging gives the sketch of all samples", () => {
  fc.assert(
    fc.property(times, times, share, (a, b, q) => {
      const merged = sketchOf(a);
      merged.merge(sketchOf(b));
      const whole = sketchOf([...a, ...b]);
      expect(merged.totalWeight).toBe(a.length + b.length);
      expect(merged.quantile(q)).toBe(whole.quantile(q));
    }),
  );
});

test("values below a nanosecond are 0", () => {
  const sketch = sketchOf([1e-12, 0, 5]);
  expect(sketch.quantile(0.5)).toBe(0);
  expect(sketch.quantile(1)).toBeCloseTo(5, 1);
});
