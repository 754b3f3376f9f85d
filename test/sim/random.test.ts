import { expect, test } from "vitest";
import { RandomStream } from "../../src/sim/random.ts";

const DRAWS = 40_000;

function moments(draw: (random: RandomStream) => number): { mean: number; cv: number } {
  const random = new RandomStream(7, 3);
  const values = Array.from({ length: DRAWS }, () => draw(random));
  const mean = values.reduce((sum, value) => sum + value, 0) / DRAWS;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / DRAWS;
  return { mean, cv: Math.sqrt(variance) / mean };
}

test("the same seed and stream give the same numbers, others give others", () => {
  const draws = (seed: number, stream: number): number[] => {
    const random = new RandomStream(seed, stream);
    return Array.from({ length: 9 }, () => random.uniform());
  };
  expect(draws(5, 1)).toEqual(draws(5, 1));
  expect(draws(5, 2)).not.toEqual(draws(5, 1));
  expect(draws(6, 1)).not.toEqual(draws(5, 1));
  expect(draws(5 + 2 ** 40, 1)).not.toEqual(draws(5, 1));
});

test("uniform numbers are above 0 and at most 1, integers are below their count", () => {
  const random = new RandomStream(1, 1);
  for (let i = 0; i < 1000; i++) {
    const value = random.uniform();
    expect(value > 0 && value <= 1).toBe(true);
  }
  const counts = [0, 0, 0];
  for (let i = 0; i < 3000; i++) counts[random.below(3)]++;
  for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(120);
});

test.each([
  ["exponential", (random: RandomStream) => random.exponential(3), 3, 1],
  ["gamma of shape 0.25", (random: RandomStream) => random.gamma(0.25, 3), 3, 2],
  ["gamma of shape 4", (random: RandomStream) => random.gamma(4, 3), 3, 0.5],
  ["Weibull of shape 2", (random: RandomStream) => random.weibull(2, 1), 0.8862, 0.5227],
  ["lognormal", (random: RandomStream) => random.lognormal(3, 0.5), 3, 0.5],
  ["lognormal without spread", (random: RandomStream) => random.lognormal(3, 0), 3, 0],
] as const)("%s has its mean and spread", (_, draw, mean, cv) => {
  const found = moments(draw);
  expect(found.mean / mean).toBeCloseTo(1, 1);
  expect(Math.abs(found.cv - cv)).toBeLessThan(0.06);
});
