import fc from "fast-check";
import { expect, test } from "vitest";
import { quantile } from "../../../src/cli/demo/quantile.ts";

test.each([
  [[5], 0.5, 5],
  [[3, 1, 2], 0.5, 2],
  [[4, 1, 3, 2], 0.5, 2],
  [[1, 2], 0.99, 2],
  [[1, 2], 0, 1],
  [[1, 2], 1, 2],
])("of %j, %f is %f", (values, q, expected) => expect(quantile(values, q)).toBe(expected));

test("of nothing there is none", () => expect(quantile([], 0.5)).toBeNull());

test("it is the smallest value that at least that share does not exceed", () => {
  fc.assert(
    fc.property(fc.array(fc.integer(), { minLength: 1 }), fc.constantFrom(0.01, 0.5, 0.9, 0.99, 1), (values, q) => {
      const found = quantile(values, q)!;
      const share = (limit: number): number => values.filter((value) => value <= limit).length / values.length;
      expect(values).toContain(found);
      expect(share(found)).toBeGreaterThanOrEqual(q);
      for (const value of values) if (value < found) expect(share(value)).toBeLessThan(q);
    }),
  );
});
