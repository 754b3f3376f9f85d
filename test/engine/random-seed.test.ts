import { expect, test } from "vitest";
import { randomSeed } from "../../src/engine/random-seed.ts";
import { setUp } from "../support/engines.ts";

test("a request without a seed has one of its own, and its answer names it", async () => {
  const { engine } = setUp();
  const seedOf = async (seed?: number): Promise<number> =>
    (await engine.submit({ promptTokenIds: [1], maxTokens: 1, sampling: { temperature: 1, seed } }).completion()).seed;
  const seeds = [await seedOf(), await seedOf(), await seedOf(5)];
  expect(seeds[2]).toBe(5);
  expect(seeds[0]).not.toBe(seeds[1]);
  await engine.dispose();
});

test("seeds are integers in range", () => {
  for (let i = 0; i < 100; i++) expect(Number.isSafeInteger(randomSeed()) && randomSeed() >= 0).toBe(true);
});
