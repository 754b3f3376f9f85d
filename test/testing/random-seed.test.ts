import { expect, test } from "vitest";
import { randomSeed } from "../../src/testing/random-seed.ts";

test("seeds are whole numbers of 31 bits, another each time", () => {
  const seeds = Array.from({ length: 5 }, randomSeed);
  for (const seed of seeds) expect(Number.isInteger(seed) && seed >= 0 && seed < 2 ** 31).toBe(true);
  expect(new Set(seeds).size).toBeGreaterThan(1);
});
