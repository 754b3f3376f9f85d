import fc from "fast-check";
import { expect, test } from "vitest";
import { RateLimit } from "../../src/server/rate-limit.ts";

test("a minute's units come at once, and then one by one", () => {
  let now = 0;
  const limit = new RateLimit(60, () => now);
  expect(limit.take(60)).toBe(0);
  expect(limit.take(1)).toBe(1);
  now = 1;
  expect(limit.take(1)).toBe(0);
  expect(limit.take(61)).toBe(Number.POSITIVE_INFINITY);
});

test("what was not used is given back, and never more than a minute's", () => {
  const limit = new RateLimit(10, () => 0);
  expect(limit.take(8)).toBe(0);
  limit.giveBack(5);
  expect(limit.take(7)).toBe(0);
  limit.giveBack(100);
  expect(limit.take(10)).toBe(0);
  expect(limit.take(1)).toBeGreaterThan(0);
});

test("within any time, no more is taken than a minute's and what that time refills", () => {
  const steps = fc.array(fc.record({ wait: fc.nat(100), units: fc.integer({ min: 1, max: 40 }) }), { maxLength: 60 });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 40 }), steps, (perMinute, program) => {
      let now = 0;
      const limit = new RateLimit(perMinute, () => now);
      const taken: { at: number; units: number }[] = [];
      for (const { wait, units } of program) {
        now += wait;
        if (limit.take(units) === 0) taken.push({ at: now, units });
      }
      taken.forEach((first, i) => {
        let sum = 0;
        for (const { at, units } of taken.slice(i)) {
          sum += units;
          expect(sum).toBeLessThanOrEqual(perMinute * (1 + (at - first.at) / 60) + 1e-6);
        }
      });
    }),
  );
});
