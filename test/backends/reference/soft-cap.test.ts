import { expect, test } from "vitest";
import { softCap } from "../../../src/backends/reference/soft-cap.ts";

test("keeps numbers within the cap and small ones nearly as they are", () => {
  expect(softCap(0.001, 30)).toBeCloseTo(0.001, 9);
  expect(softCap(1e9, 30)).toBe(30);
  expect(softCap(-15, 15)).toBeCloseTo(-15 * Math.tanh(1), 12);
});
