import { expect, test } from "vitest";
import { dollarsPerDay, dollarsPerMillionTokens } from "../../src/roofline/index.ts";

test("a day has 24 hours", () => expect(dollarsPerDay(0.5)).toBe(12));

test("a dollar an hour at 1,000 tokens a second is 28 cents a million", () => {
  expect(dollarsPerMillionTokens(1, 1000)).toBeCloseTo(1e6 / 3.6e6, 12);
  expect(dollarsPerMillionTokens(1, 0)).toBe(Number.POSITIVE_INFINITY);
});
