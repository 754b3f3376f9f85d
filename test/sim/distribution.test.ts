import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Distribution, MAX_EXACT_SAMPLES } from "../../src/sim/distribution.ts";
import { QuantileSketch, SKETCH_RELATIVE_ERROR } from "../../src/sim/quantile-sketch.ts";

const seconds = fc.double({ min: 0, max: 1e6, noNaN: true });
const samples = fc.array(fc.tuple(seconds, fc.integer({ min: 1, max: 5 })), { minLength: 1, maxLength: 60 });

/** Nearest rank over the samples written out one by one. */
function rank(all: readonly (readonly [number, number])[], q: number): number {
  const each = all.flatMap(([value, weight]) => Array.from({ length: weight }, () => value)).toSorted((a, b) => a - b);
  return each[Math.max(1, Math.ceil(q * each.length)) - 1];
}

test("quantiles, mean and maximum of weighted samples are exact", () => {
  fc.assert(
    fc.property(samples, fc.double({ min: 0.01, max: 1, noNaN: true }), (all, q) => {
      const distribution = new Distribution();
      for (const [value, weight] of all) distribution.add(value, weight);
      expect(distribution.exact).toBe(true);
      expect(distribution.quantile(q)).toBe(rank(all, q));
      const total = all.reduce((sum, [, weight]) => sum + weight, 0);
      expect(distribution.mean).toBeCloseTo(all.reduce((sum, [value, weight]) => sum + value * weight, 0) / total, 6);
      expect(distribution.summary().max).toBe(Math.max(...all.map(([value]) => value)));
      expect(distribution.totalWeight).toBe(total);
    }),
  );
});

test("without samples there is nothing to say", () => {
  const distribution = new Distribution();
  distribution.add(3, 0);
  expect(distribution.summary()).toEqual({ mean: null, p50: null, p90: null, p99: null, max: null });
  expect(distribution.curve(10)).toEqual([]);
});

test("what comes after a look counts in the next", () => {
  for (const weight of [1, 3]) {
    const distribution = new Distribution();
    for (const value of [5, 3]) distribution.add(value, weight);
    expect(distribution.quantiles([1, 0.5])).toEqual([5, 3]);
    for (const value of [4, 1]) distribution.add(value, weight);
    expect(distribution.quantiles([0.25, 0.5, 0.75, 1])).toEqual([1, 3, 4, 5]);
  }
});

test("a curve begins at the least and ends at the largest sample", () => {
  const distribution = new Distribution();
  for (const value of [5, 1, 3]) distribution.add(value);
  expect(distribution.curve(2)).toEqual([1, 3, 5]);
});

test("beyond the exact samples quantiles are within the sketch's error, mean and maximum exact", () => {
  const distribution = new Distribution();
  const count = MAX_EXACT_SAMPLES + 1;
  for (let i = 0; i < count; i++) distribution.add(((i * 7919) % count) + 1);
  expect(distribution.exact).toBe(false);
  for (const q of [0.01, 0.5, 0.9, 0.99]) {
    expect(Math.abs(distribution.quantile(q)! / Math.ceil(q * count) - 1)).toBeLessThanOrEqual(
      SKETCH_RELATIVE_ERROR * 1.0001,
    );
  }
  expect(distribution.mean).toBeCloseTo((count + 1) / 2, 6);
  expect(distribution.summary().max).toBe(count);
});

describe("merging", () => {
  test("gives the distribution of all samples", () => {
    fc.assert(
      fc.property(samples, samples, (first, second) => {
        const [a, b] = [new Distribution(), new Distribution()];
        for (const [value, weight] of first) a.add(value, weight);
        for (const [value, weight] of second) b.add(value, weight);
        a.merge(b);
        for (const q of [0.1, 0.5, 0.99]) expect(a.quantile(q)).toBe(rank([...first, ...second], q));
      }),
    );
  });

  test("takes a sketch in", () => {
    const [a, b] = [new Distribution(), new Distribution()];
    for (let i = 0; i <= MAX_EXACT_SAMPLES; i++) b.add(2);
    a.add(1, MAX_EXACT_SAMPLES + 1);
    a.merge(b);
    expect(a.quantile(0.49)).toBeCloseTo(1, 2);
    expect(a.quantile(0.51)).toBeCloseTo(2, 2);
    expect(a.mean).toBeCloseTo(1.5, 9);
    expect(a.summary().max).toBe(2);
  });
});

describe("the sketch", () => {
  test("is within its relative error, whatever the values", () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 1e-8, max: 1e8, noNaN: true }), { minLength: 1, maxLength: 80 }),
        fc.double({ min: 0.01, max: 1, noNaN: true }),
        (values, q) => {
          const sketch = new QuantileSketch();
          for (const value of values) sketch.add(value, 1);
          const exact = rank(
            values.map((value) => [value, 1] as const),
            q,
          );
          expect(Math.abs(sketch.quantile(q) / exact - 1)).toBeLessThanOrEqual(SKETCH_RELATIVE_ERROR * 1.0001);
        },
      ),
    );
  });

  test("tells zeros from small values and keeps values beyond its range in the last bin", () => {
    const sketch = new QuantileSketch();
    sketch.add(0, 3);
    sketch.add(1e-6, 1);
    sketch.add(1e12, 1);
    expect(sketch.quantile(0.6)).toBe(0);
    expect(sketch.quantile(0.8)).toBeCloseTo(1e-6, 8);
    expect(sketch.quantile(1)).toBeGreaterThan(9e8);
  });
});
