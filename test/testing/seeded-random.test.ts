import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { AssertionError } from "../../src/assert.ts";
import { SeededRandom } from "../../src/testing/seeded-random.ts";

const draws = (seed: number, count = 20): number[] => {
  const random = new SeededRandom(seed);
  return Array.from({ length: count }, () => random.next());
};

describe("SeededRandom", () => {
  test("gives the same draws for a seed, others for another, also where only the high word differs", () => {
    expect(draws(5)).toEqual(draws(5));
    expect(draws(6)).not.toEqual(draws(5));
    expect(draws(5 + 2 ** 32)).not.toEqual(draws(5));
    expect(new Set(draws(5)).size).toBe(20);
  });

  test("stays within its bounds, and reaches both", () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: -5, max: 5 }), fc.nat(3), (seed, low, span) => {
        const random = new SeededRandom(seed);
        const seen = new Set(Array.from({ length: 200 }, () => random.integer(low, low + span)));
        expect([...seen].toSorted((a, b) => a - b)).toEqual(Array.from({ length: span + 1 }, (_, i) => low + i));
      }),
      { numRuns: 30 },
    );
  });

  test("is even: a chance of a fifth comes about every fifth time, and each item is picked", () => {
    const random = new SeededRandom(1);
    const hits = Array.from({ length: 5000 }, () => random.chance(0.2)).filter(Boolean).length;
    expect(Math.abs(hits - 1000)).toBeLessThan(150);
    expect([random.chance(0), random.chance(1)]).toEqual([false, true]);
    expect(new Set(Array.from({ length: 50 }, () => random.pick(["a", "b", "c"]))).size).toBe(3);
  });

  test.each([-1, 0.5, 2 ** 53, Number.NaN])("refuses seed %s", (seed) => {
    expect(() => new SeededRandom(seed)).toThrow(
      new AssertionError(`seed must be an integer in [0, 2^53), got ${seed}`),
    );
  });
});
