import { describe, expect, test } from "vitest";
import { fitStepTime, fittedTime, type StepTimeFit } from "../../../src/policies/budget/step-time-fit.ts";
import { SeededRandom } from "../../../src/testing/seeded-random.ts";

const FLOOR = 0.012;
const SLOPE = 0.00006;
/** 200 tokens. */
const KNEE = FLOOR / SLOPE;
const SIZES = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512];

/** Normal noise, by the sum of twelve. */
function normal(random: SeededRandom): number {
  let sum = -6;
  for (let i = 0; i < 12; i++) sum += random.next();
  return sum;
}

/** Three steps of each size with this relative noise; `spikes` of them take five times as long. */
function fitNoisy(seed: number, noise: number, { sizes = SIZES, spikes = 0 } = {}): StepTimeFit {
  const random = new SeededRandom(seed);
  const tokens = sizes.flatMap((size) => [size, size, size]);
  const times = tokens.map(
    (n, i) => Math.hypot(FLOOR, SLOPE * n) * (1 + noise * normal(random)) * (i < spikes ? 5 : 1),
  );
  return fitStepTime(tokens, times)!;
}

describe("fitStepTime", () => {
  test("finds floor, slope and B* exactly in times without noise", () => {
    const { floor, slope, bStar, low, high, sampleCount } = fitNoisy(0, 0);
    expect(
      [floor / FLOOR, slope / SLOPE, bStar / KNEE, low / KNEE, high / KNEE].map((ratio) => Math.abs(ratio - 1) < 1e-4),
    ).toEqual([true, true, true, true, true]);
    expect(sampleCount).toBe(30);
  });

  test("recovers them from noisy times, within its interval as often as it says", () => {
    const fits = Array.from({ length: 200 }, (_, seed) => fitNoisy(seed, 0.05));
    const mean = (value: (fit: StepTimeFit) => number): number =>
      fits.reduce((sum, fit) => sum + value(fit), 0) / fits.length;
    expect(Math.abs(mean(({ floor }) => floor) / FLOOR - 1)).toBeLessThan(0.01);
    expect(Math.abs(mean(({ slope }) => slope) / SLOPE - 1)).toBeLessThan(0.01);
    const inside = fits.filter(({ low, high }) => low <= KNEE && KNEE <= high).length;
    expect(inside).toBeGreaterThanOrEqual(182);
    expect(mean(({ low, high }) => (high - low) / KNEE)).toBeLessThan(0.2);
  });

  test("the interval widens with the noise", () => {
    const width = (noise: number): number =>
      Array.from({ length: 20 }, (_, seed) => fitNoisy(seed, noise)).reduce(
        (sum, { low, high }) => sum + high - low,
        0,
      );
    expect(width(0.1)).toBeGreaterThan(3 * width(0.02));
  });

  test("a few steps that something else delayed hardly count", () => {
    for (let seed = 0; seed < 20; seed++) {
      expect(Math.abs(fitNoisy(seed, 0.03, { spikes: 3 }).bStar / KNEE - 1)).toBeLessThan(0.25);
    }
  });

  test("steps that never come near the knee leave it open upwards", () => {
    const { low, high } = fitNoisy(4, 0.05, { sizes: [1, 2, 3, 4, 6, 8, 12, 16] });
    expect(high).toBe(Number.POSITIVE_INFINITY);
    expect(low).toBeLessThan(KNEE);
  });

  test("times that fall or stay the same have no slope", () => {
    const { slope, bStar } = fitStepTime([1, 2, 4, 8, 16], [5, 5, 5, 5, 4])!;
    expect([slope, bStar]).toEqual([0, Number.POSITIVE_INFINITY]);
  });

  test("times in proportion have no floor", () => {
    const { floor, slope, low } = fitStepTime([10, 20, 40, 80, 160], [1, 2, 4, 8, 16])!;
    expect(floor).toBeLessThan(1e-3);
    expect(slope).toBeCloseTo(0.1);
    expect(low).toBeLessThan(1e-1);
  });

  test("says nothing by four samples, or by one size", () => {
    expect(fitStepTime([1, 2, 3, 4], [1, 2, 3, 4])).toBeUndefined();
    expect(fitStepTime([7, 7, 7, 7, 7, 7], [1, 2, 1, 2, 1, 2])).toBeUndefined();
  });
});

test("fittedTime is the root of the squares", () => {
  expect(fittedTime({ floor: 3, slope: 2, bStar: 1.5, low: 1, high: 2, sampleCount: 9 }, 2)).toBe(5);
});
