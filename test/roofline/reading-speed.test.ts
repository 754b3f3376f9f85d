import { expect, test } from "vitest";
import { readingTokensPerSecond } from "../../src/roofline/index.ts";

test("the talk: 250 words a minute at 4/3 tokens a word are 5.6 tokens a second, 0.18 s a token", () => {
  expect(readingTokensPerSecond()).toBeCloseTo(5.556, 3);
  expect(1 / readingTokensPerSecond()).toBeCloseTo(0.18, 12);
});

test("faster readers and longer words need more", () => {
  expect(readingTokensPerSecond(500, 2)).toBeCloseTo((500 / 60) * 2, 12);
});
