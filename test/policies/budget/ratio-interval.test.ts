import { describe, expect, test } from "vitest";
import { ratioInterval, studentQuantile } from "../../../src/policies/budget/ratio-interval.ts";

describe("studentQuantile", () => {
  // 97.5% quantiles from the tables.
  test.each([
    [3, 3.182],
    [4, 2.776],
    [5, 2.571],
    [10, 2.228],
    [30, 2.042],
    [1000, 1.962],
  ])("%s degrees of freedom", (freedom, quantile) =>
    expect(Math.abs(studentQuantile(freedom) / quantile - 1)).toBeLessThan(0.01),
  );
});

describe("ratioInterval", () => {
  test("without doubt about either it is the ratio itself", () => {
    expect(ratioInterval({ a: 6, b: 2, varA: 0, varB: 0, covAB: 0 }, 2)).toEqual([3, 3]);
  });

  test("with little doubt it is what propagation of errors gives", () => {
    const [low, high] = ratioInterval({ a: 6, b: 2, varA: 0.0036, varB: 0.0004, covAB: 0 }, 2);
    // Relative errors of 1% each: 1.41% of 3, twice.
    expect(low).toBeCloseTo(3 - 0.0849, 2);
    expect(high).toBeCloseTo(3 + 0.0849, 2);
  });

  test("errors that go together leave the ratio alone", () => {
    const [low, high] = ratioInterval({ a: 6, b: 2, varA: 0.09, varB: 0.01, covAB: 0.03 }, 2);
    expect([low, high].map((each) => Math.abs(each - 3) < 1e-6)).toEqual([true, true]);
  });

  test("where b may be 0 there is no upper end, and the lower one is where a is surely more than b", () => {
    const [low, high] = ratioInterval({ a: 6, b: 0.1, varA: 0.01, varB: 0.01, covAB: 0 }, 2);
    expect(high).toBe(Number.POSITIVE_INFINITY);
    expect(low).toBeGreaterThan(6 / (0.1 + 4 * 0.1));
    expect(low).toBeLessThan(6 / 0.1);
    expect(ratioInterval({ a: 6, b: -1, varA: 0.01, varB: 0.01, covAB: 0 }, 2)).toEqual([0, Number.POSITIVE_INFINITY]);
  });

  test("where both may be 0 nothing is known", () => {
    expect(ratioInterval({ a: 0.1, b: 0.1, varA: 1, varB: 1, covAB: 0 }, 2)).toEqual([0, Number.POSITIVE_INFINITY]);
  });

  test("where a may be 0 the lower end is 0", () => {
    const [low, high] = ratioInterval({ a: 0.1, b: 5, varA: 1, varB: 0.01, covAB: 0 }, 2);
    expect([low, high > 0.1 / 5, high < 1]).toEqual([0, true, true]);
  });
});
